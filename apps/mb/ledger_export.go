package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// ledgerExport writes a job's ledger for other programs.
type ledgerExport struct {
	*app
	store    storeFlags
	business ofBusiness
	format   string
}

func newLedgerExport(a *app) *cobra.Command {
	x := &ledgerExport{app: a}
	cmd := &cobra.Command{
		Use:   "export JOB",
		Short: "Write a job's ledger to stdout, one line for each entry",
		Long: `Write every entry of a job's ledger to stdout, shard by shard in their order: what was held, settled, voided,
presumed or adjusted for which attempt at which page, with the tokens and the provider's ids. Amounts
are exact US dollars with 12 decimals; adjusts may be negative. The hashes are those of the block that an entry was written in.`,
		Example: `  mb ledger export 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 > ledger.csv
  mb ledger export 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --format jsonl | jq -s 'map(select(.kind == "settle")) | length'`,
		Args: takes("JOB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if x.format != "csv" && x.format != "jsonl" {
				return invalid("--format %q is no format: give csv or jsonl", x.format)
			}
			is, err := x.remotely(cmd.Flags(), func(c *remote.Client) error { return x.far(c, job.ID(args[0])) })
			if is || err != nil {
				return err
			}
			if err := x.business.local(); err != nil {
				return err
			}
			return x.look(x.store, func(e *engine.Engine) error { return x.run(cmd.Context(), e, job.ID(args[0])) })
		},
	}
	section(cmd, "Output", func(flags *pflag.FlagSet) {
		flags.StringVar(&x.format, "format", "csv", "write `FORMAT`: csv (with a header line) or jsonl (one JSON object per line)")
	})
	section(cmd, "Where things are kept", func(flags *pflag.FlagSet) {
		x.store.define(flags)
		x.business.define(flags)
	})
	return cmd
}

func (x *ledgerExport) run(ctx context.Context, e *engine.Engine, id job.ID) error {
	of, err := e.Job(ctx, id)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(x.stdout)
	write, finish := jsonLines(buffered)
	if x.format == "csv" {
		write, finish = csvLines(buffered)
	}
	err = e.Ledger(ctx, id, func(line engine.Line) error { return printed(0, write(entryOf(of, line))) })
	// What was read before an error is written all the same: it says how far the chain holds.
	if failed := finish(); failed != nil && err == nil {
		err = printed(0, failed)
	}
	if failed := buffered.Flush(); failed != nil && err == nil {
		err = printed(0, failed)
	}
	return err
}

// entry is one line of the export.
type entry struct {
	Job          job.ID    `json:"job"`
	Shard        int       `json:"shard"`
	Seq          int64     `json:"seq"`
	At           string    `json:"at"`
	Round        int       `json:"round"`
	Kind         string    `json:"kind"`
	Ordinal      int       `json:"ordinal"`
	Attempt      int       `json:"attempt"`
	Amount       cost.Pico `json:"amount_usd"`
	Model        string    `json:"model"`
	Lane         string    `json:"lane"`
	PriceVersion string    `json:"price_version"`
	Input        int64     `json:"input_tokens"`
	CacheWrite5m int64     `json:"cache_write_5m_tokens"`
	CacheWrite1h int64     `json:"cache_write_1h_tokens"`
	CacheRead    int64     `json:"cache_read_tokens"`
	Output       int64     `json:"output_tokens"`
	MessageID    string    `json:"provider_message_id"`
	ProviderID   string    `json:"provider_request_id"`
	RequestID    string    `json:"request_id"` // of the request that began the job
	Content      string    `json:"content_sha256"`
	Block        int64     `json:"block"`
	PrevHash     string    `json:"prev_hash"`
	Hash         string    `json:"hash"`
}

func entryOf(of *job.Job, l engine.Line) entry {
	content := ""
	if l.Content != [32]byte{} {
		content = hex.EncodeToString(l.Content[:])
	}
	return entry{
		Job: of.ID, Shard: l.Shard, Seq: l.Seq, At: l.At.UTC().Format(time.RFC3339Nano), Round: l.Round,
		Kind: l.Kind.String(), Ordinal: l.Ordinal, Attempt: l.Attempt, Amount: l.Amount,
		Model: l.Terms.Model, Lane: string(l.Terms.Lane), PriceVersion: l.Terms.PriceVersion,
		Input: l.Usage.Input, CacheWrite5m: l.Usage.CacheWrite5m, CacheWrite1h: l.Usage.CacheWrite1h,
		CacheRead: l.Usage.CacheRead, Output: l.Usage.Output, MessageID: l.MessageID, ProviderID: l.RequestID, RequestID: of.RequestID, Content: content,
		Block: l.Block, PrevHash: l.Prev.String(), Hash: l.Hash.String(),
	}
}

func jsonLines(w io.Writer) (write func(entry) error, finish func() error) {
	encoder := json.NewEncoder(w)
	return func(e entry) error { return encoder.Encode(e) }, func() error { return nil }
}

func csvLines(w io.Writer) (write func(entry) error, finish func() error) {
	rows := csv.NewWriter(w)
	header := []string{
		"job", "shard", "seq", "at", "round", "kind", "ordinal", "attempt", "amount_usd", "model", "lane", "price_version",
		"input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens",
		"provider_message_id", "provider_request_id", "request_id", "content_sha256", "block", "prev_hash", "hash",
	}
	_ = rows.Write(header) // a failure shows again at the end
	write = func(e entry) error {
		n := strconv.FormatInt
		return rows.Write([]string{
			string(e.Job), strconv.Itoa(e.Shard), n(e.Seq, 10), e.At, strconv.Itoa(e.Round), e.Kind,
			strconv.Itoa(e.Ordinal), strconv.Itoa(e.Attempt), e.Amount.String(),
			cell(e.Model), cell(e.Lane), cell(e.PriceVersion),
			n(e.Input, 10), n(e.CacheWrite5m, 10), n(e.CacheWrite1h, 10), n(e.CacheRead, 10), n(e.Output, 10),
			cell(e.MessageID), cell(e.ProviderID), cell(e.RequestID), e.Content, n(e.Block, 10), e.PrevHash, e.Hash,
		})
	}
	return write, func() error {
		rows.Flush()
		return rows.Error()
	}
}

// cell makes a text from outside safe to be opened by a spreadsheet, which takes what begins like this for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
