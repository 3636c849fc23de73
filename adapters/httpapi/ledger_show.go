package httpapi

import (
	"encoding/hex"
	"strconv"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// LedgerFilter selects entries of a ledger.
type LedgerFilter struct {
	Span
	Kind  string `query:"kind" enum:"hold,settle,void,presume,adjust"`
	Model string `query:"model" maxLength:"100"`
}

// wants reports whether an entry is asked for.
func (f LedgerFilter) wants(l engine.Line) bool {
	return (f.Kind == "" || f.Kind == l.Kind.String()) && (f.Model == "" || f.Model == l.Terms.Model) && !l.At.Before(f.From) && (f.To.IsZero() || l.At.Before(f.To))
}

type entryOut struct {
	Business     string    `json:"business_id"`
	Job          job.ID    `json:"job_id"`
	Shard        int       `json:"shard"`
	Seq          int64     `json:"seq" minimum:"1"`
	At           instant   `json:"at"`
	Round        int       `json:"round"`
	Kind         string    `json:"kind" enum:"hold,settle,void,presume,adjust"`
	Ordinal      int       `json:"ordinal"`
	Attempt      int       `json:"attempt"`
	Model        string    `json:"model"`
	Lane         cost.Lane `json:"lane"`
	PriceVersion string    `json:"price_version"`
	Usage        usageOut  `json:"usage"`
	Amount       usd       `json:"amount_usd"`
	MessageID    string    `json:"provider_message_id,omitempty"`
	ProviderID   string    `json:"provider_request_id,omitempty"`
	RequestID    string    `json:"request_id,omitempty" doc:"of the request that began the job"`
	Content      string    `json:"content_sha256,omitempty"`
	Block        int64     `json:"block" minimum:"1" doc:"the seq of the first entry of the block that this one was written in; all entries of a block have its hash"`
	PrevHash     string    `json:"prev_hash" pattern:"^[0-9a-f]{64}$" doc:"the hash of the shard's block before; 64 zeros for the first"`
	Hash         string    `json:"hash" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the 32 bytes of prev_hash and then the block's own, which follow from its entries: docs/ledger.md, From an export"`
}

func shownEntry(j *job.Job, l engine.Line) entryOut {
	out := entryOut{
		Business: j.Tenant, Job: j.ID, Shard: l.Shard, Seq: l.Seq, At: utc(l.At), Round: l.Round, Kind: l.Kind.String(), Ordinal: l.Ordinal, Attempt: l.Attempt,
		Model: l.Terms.Model, Lane: l.Terms.Lane, PriceVersion: l.Terms.PriceVersion, Usage: shownUsage(l.Usage), Amount: usd(l.Amount), MessageID: l.MessageID,
		ProviderID: l.RequestID, RequestID: j.RequestID, Block: l.Block, PrevHash: l.Prev.String(), Hash: l.Hash.String(),
	}
	if l.Content != ([32]byte{}) {
		out.Content = hex.EncodeToString(l.Content[:])
	}
	return out
}

// entryColumns are those of the CSV form.
func entryColumns() []string {
	return []string{
		"business_id", "job_id", "shard", "seq", "at", "round", "kind", "ordinal", "attempt", "model", "lane", "price_version", "input_tokens",
		"cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens", "amount_usd", "provider_message_id", "provider_request_id",
		"request_id", "content_sha256", "block", "prev_hash", "hash",
	}
}

func (e entryOut) cells() []string {
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	return []string{
		e.Business, string(e.Job), strconv.Itoa(e.Shard), n(e.Seq), e.At.String(), strconv.Itoa(e.Round), e.Kind, strconv.Itoa(e.Ordinal),
		strconv.Itoa(e.Attempt), e.Model, string(e.Lane), e.PriceVersion, n(e.Usage.Input), n(e.Usage.CacheWrite5m), n(e.Usage.CacheWrite1h),
		n(e.Usage.CacheRead), n(e.Usage.Output), cost.Pico(e.Amount).String(), e.MessageID, e.ProviderID, e.RequestID, e.Content,
		n(e.Block), e.PrevHash, e.Hash,
	}
}

type entryList struct {
	Body struct {
		Entries    []entryOut `json:"entries" nullable:"false"`
		NextCursor *string    `json:"next_cursor"`
	}
}
