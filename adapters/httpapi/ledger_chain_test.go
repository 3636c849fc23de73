package httpapi_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/ports"
)

// exported is an entry as a reader of an export has it: its cells by the names of their columns.
type exported map[string]string

// readNDJSON flattens the lines of an export.
func readNDJSON(t *testing.T, file []byte) (list []exported) {
	t.Helper()
	for line := range bytes.Lines(file) {
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		var members map[string]any
		require.NoError(t, decoder.Decode(&members))
		e := exported{}
		for name, value := range members {
			if tokens, is := value.(map[string]any); is {
				for class, n := range tokens {
					e[class] = fmt.Sprint(n)
				}
				continue
			}
			e[name] = fmt.Sprint(value)
		}
		list = append(list, e)
	}
	return list
}

func readCSV(t *testing.T, file []byte) (list []exported) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		e := exported{}
		for i, name := range rows[0] {
			if len(row[i]) > 1 && row[i][0] == '\'' && strings.ContainsRune("=+-@\t\r", rune(row[i][1])) {
				row[i] = row[i][1:]
			}
			e[name] = row[i]
		}
		list = append(list, e)
	}
	return list
}

// number is a cell without its point.
func (e exported) number(name string) int64 {
	n, err := strconv.ParseInt(strings.Replace(e[name], ".", "", 1), 10, 64)
	if err != nil {
		return -1 << 62 // no entry has it: the chain breaks
	}
	return n
}

// payload is the bytes of a block by docs/ledger.md, without a look at the code that writes them.
func payload(block []exported) []byte {
	var b []byte
	number := func(n int64) { b = binary.AppendUvarint(b, uint64(n)) }
	text := func(s string) {
		number(int64(len(s)))
		b = append(b, s...)
	}
	var terms [][3]string
	termsOf := func(e exported) [3]string { return [3]string{e["model"], e["lane"], e["price_version"]} }
	for _, e := range block {
		if !slices.Contains(terms, termsOf(e)) {
			terms = append(terms, termsOf(e))
		}
	}
	at, _ := time.Parse(time.RFC3339Nano, block[0]["at"])
	for _, n := range []int64{1, block[0].number("block"), at.UnixMilli(), block[0].number("round"), int64(len(terms))} {
		number(n)
	}
	for _, t := range terms {
		text(t[0])
		text(t[1])
		text(t[2])
	}
	number(int64(len(block)))
	for _, e := range block {
		number(int64(1 + slices.Index([]string{"hold", "settle", "void", "presume", "adjust"}, e["kind"])))
		number(e.number("ordinal"))
		number(e.number("attempt"))
		b = binary.AppendVarint(b, e.number("amount_usd"))
		number(int64(slices.Index(terms, termsOf(e))))
		for _, class := range []string{"input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens"} {
			number(e.number(class))
		}
		text(e["provider_message_id"])
		text(e["provider_request_id"])
		content, err := hex.DecodeString(e["content_sha256"])
		if err != nil {
			content = []byte("?") // no entry has it
		}
		text(string(content))
	}
	return b
}

// holds says where the chains of an export do not hold, by the four rules of docs/ledger.md, and how many blocks it has.
func holds(list []exported) (blocks int, err error) {
	type chain struct {
		seq  int64
		hash string
	}
	chains := map[string]chain{}
	for len(list) > 0 {
		first, n := list[0], 1
		key := first["job_id"] + "/" + first["shard"]
		for n < len(list) && list[n]["job_id"]+"/"+list[n]["shard"]+list[n]["block"] == key+first["block"] {
			n++
		}
		was, begun := chains[key]
		if !begun {
			was.hash = strings.Repeat("0", 64)
		}
		for i, e := range list[:n] {
			if was.seq++; e.number("seq") != was.seq || i == 0 && e["block"] != e["seq"] {
				return blocks, fmt.Errorf("%s: entry %s follows %d", key, e["seq"], was.seq-1)
			}
			for _, same := range []string{"at", "round", "hash", "prev_hash"} {
				if e[same] != first[same] {
					return blocks, fmt.Errorf("%s: entry %s has another %s", key, e["seq"], same)
				}
			}
		}
		before, _ := hex.DecodeString(first["prev_hash"])
		if sum := sha256.Sum256(append(before, payload(list[:n])...)); first["prev_hash"] != was.hash || first["hash"] != hex.EncodeToString(sum[:]) {
			return blocks, fmt.Errorf("%s: the block of entry %s does not fit", key, first["seq"])
		}
		was.hash = first["hash"]
		chains[key] = was
		list, blocks = list[n:], blocks+1
	}
	return blocks, nil
}

// append puts one more block at the end of a shard's ledger, as the engine would, and returns how many blocks there were.
func (w *world) append(id string, shard int, entries ...cost.Entry) int {
	w.t.Helper()
	part := fmt.Sprintf("job/%s/l%02d", id, shard)
	page, err := w.store.List(w.t.Context(), ports.Prefix(part, "b/"))
	require.NoError(w.t, err)
	var head cost.Head
	for _, r := range page.Records {
		head, _, err = head.Follow(r.Body)
		require.NoError(w.t, err)
	}
	_, body, err := head.Append(cost.Block{First: head.Seq + 1, At: w.clock.Now(), Round: 1, Entries: entries})
	require.NoError(w.t, err)
	key := ports.Key{Partition: part, Sort: fmt.Sprintf("b/%012d", head.Seq+1)}
	require.NoError(w.t, w.store.Update(w.t.Context(), []ports.Key{key}, func(tx ports.Tx) error {
		tx.Get(key)
		tx.Put(ports.Record{Key: key, Kind: "ledger", Body: body})
		return nil
	}))
	return len(page.Records)
}

// Whoever has an export can check the chains with it alone, as docs/ledger.md says, and finds whatever was changed.
func TestAnExportIsAChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(6, 10)
	path := w.begin(business, "one")
	w.finish(path)
	w.clock.forward(1234 * time.Millisecond)
	more := w.begin(business, "two")
	w.finish(more)
	batch := cost.Terms{Model: "claude-haiku-5-5", Lane: cost.Batch, PriceVersion: "2026-10-10"}
	made := w.append(lastOf(path), 0, // what no run of this test comes to by itself
		cost.Entry{Kind: cost.EntryAdjust, Ordinal: 3, Attempt: 2, Amount: -1_250_000, Terms: batch, MessageID: "=1+1", RequestID: `a"b,c`},
		cost.Entry{Kind: cost.EntryVoid, Ordinal: 4, Attempt: 1, Amount: 7, Terms: cost.Terms{Model: "m", Lane: cost.Realtime, PriceVersion: "1"}},
		cost.Entry{Kind: cost.EntryAdjust, Amount: 5_000_000_000_001, Terms: batch, Usage: cost.Usage{Input: 1, CacheWrite5m: 2, CacheWrite1h: 300, CacheRead: 4, Output: 5}, MessageID: "é"},
	)
	require.Greater(t, made, 1)

	for _, at := range []string{path, business, "/api"} {
		lines := readNDJSON(t, w.must(http.StatusOK, http.MethodGet, at+"/ledger/export", nil).body)
		cells := readCSV(t, w.must(http.StatusOK, http.MethodGet, at+"/ledger/export?format=csv", nil).body)
		require.Len(t, cells, len(lines))
		shards := map[string]bool{}
		for i, e := range cells {
			shards[e["job_id"]+e["shard"]] = true
			for name, value := range lines[i] {
				require.Equal(t, value, e[name], name)
			}
		}
		require.Greater(t, len(shards), 1, "one chain for each shard")
		blocks, err := holds(lines)
		require.NoError(t, err)
		require.Greater(t, blocks, made)
		_, err = holds(cells)
		require.NoError(t, err)
	}

	whole := w.must(http.StatusOK, http.MethodGet, path+"/ledger/export?format=csv", nil).body
	columns := strings.Split(strings.TrimSpace(string(whole[:bytes.IndexByte(whole, '\n')])), ",")
	for _, name := range columns {
		if name == "business_id" || name == "request_id" { // of the job, in no block
			continue
		}
		for _, n := range []int{0, 1, 20, 40} {
			list := readCSV(t, whole)
			list[n][name] = "9" + list[n][name]
			_, err := holds(list)
			require.Error(t, err, "%s of line %d was changed", name, n)
		}
	}
	list := readCSV(t, whole)
	_, err := holds(slices.Delete(slices.Clone(list), 5, 6))
	require.Error(t, err, "one is missing")
	_, err = holds(slices.Insert(slices.Clone(list), 5, list[5]))
	require.Error(t, err, "one was put in")
}

// A page of the list shows what the export has, wherever it begins.
func TestListedEntriesHaveTheirHashes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.begin(w.plumber(6, 10), "one")
	w.finish(path)
	whole := readNDJSON(t, w.must(http.StatusOK, http.MethodGet, path+"/ledger/export", nil).body)
	var list []exported
	for cursor := ""; ; {
		a := w.must(http.StatusOK, http.MethodGet, path+"/ledger?limit=7"+cursor, nil)
		for _, e := range a.get(t, "entries").([]any) {
			line, err := json.Marshal(e)
			require.NoError(t, err)
			list = append(list, readNDJSON(t, line)...)
		}
		next, _ := a.get(t, "next_cursor").(string)
		if next == "" {
			break
		}
		cursor = "&cursor=" + next
	}
	require.Equal(t, whole, list)
	_, err := holds(list)
	require.NoError(t, err)
}
