package dynamostore_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
func binary(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }

// raw reads an item as it lies in the table.
func (r *rig) raw(t *testing.T, key ports.Key) item {
	t.Helper()
	output, err := r.client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(tableName), Key: item{"p": text(key.Partition), "s": text(key.Sort)},
	})
	require.NoError(t, err)
	return output.Item
}

func TestARecordLiesAsDocumented(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	r.put(t, ports.Record{Key: key("a"), Kind: "parcel", Body: []byte("body"), Expires: start.Add(90e9)})
	stored := r.raw(t, key("a"))
	require.Len(t, stored["w"].(*types.AttributeValueMemberB).Value, 8)
	delete(stored, "w")
	require.Equal(t, item{
		"p": text("partition"), "s": text("a"), "k": text("parcel"), "v": number("1775044800000000"), "b": binary([]byte("body")),
		"t": number("1775044890"),
	}, stored)
	r.put(t, ports.Record{Key: key("b")})
	require.Len(t, r.raw(t, key("b")), 4)
}

// TestBodiesAreCompressedWhereThatSavesUnits looks at which attribute holds the body.
func TestBodiesAreCompressedWhereThatSavesUnits(t *testing.T) {
	t.Parallel()
	words := bytes.Repeat([]byte("word "), 1000)
	for name, c := range map[string]struct {
		body []byte
		attr string
	}{
		"small":               {words[:900], "b"},
		"large":               {words, "d"},
		"largest":             {bytes.Repeat(words, 72)[:ports.MaxBody], "d"},
		"large, without gain": {noise(5000), "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			r.put(t, ports.Record{Key: key("a"), Body: c.body})
			first := r.raw(t, key("a"))[c.attr]
			require.NotNil(t, first)
			require.Equal(t, string(c.body), r.body(t, key("a")))
			r.put(t, ports.Record{Key: key("a"), Body: c.body})
			require.Equal(t, first, r.raw(t, key("a"))[c.attr], "the same body gives the same bytes")
		})
	}
}

// TestAPageTakesThreeUnits compresses prose of the length of a page's answer.
func TestAPageTakesThreeUnits(t *testing.T) {
	t.Parallel()
	prose, err := os.ReadFile("../../docs/ledger.md")
	require.NoError(t, err)
	require.Greater(t, len(prose), 7000)
	size := dynamostore.ItemSize(ports.Record{Key: ports.Key{Partition: "a job and its shard", Sort: "answer 000000 01"}, Kind: "answer", Body: prose[:7000]})
	t.Logf("7,000 bytes of prose take %d", size)
	require.LessOrEqual(t, size, 3*1024)
}

func TestWhatIsTooLargeIsRefusedUnsent(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	full := noise(ports.MaxBody)
	tooLong := ports.Record{Key: key("a"), Kind: strings.Repeat("k", 52<<10), Body: full}
	err := r.Update(t.Context(), nil, func(tx ports.Tx) error { tx.Create(tooLong); return nil })
	require.ErrorIs(t, err, fault.Invalid)
	require.ErrorContains(t, err, "partition/a would have 411")
	require.ErrorContains(t, err, "at most 409600")

	err = r.Update(t.Context(), nil, func(tx ports.Tx) error {
		for i := range 12 {
			tx.Create(ports.Record{Key: key(string(rune('a' + i))), Body: full})
		}
		return nil
	})
	require.ErrorIs(t, err, fault.Invalid)
	require.ErrorContains(t, err, "split it")

	err = r.Update(t.Context(), nil, func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: key("a"), Kind: "\xff"})
		return nil
	})
	require.ErrorIs(t, err, fault.Invalid)
	require.Empty(t, r.requests())
}

// damages are changes that no store makes.
var damages = map[string]item{
	"no version":             {"v": nil},
	"version is text":        {"v": text("1")},
	"version is a fraction":  {"v": number("1.5")},
	"version zero":           {"v": number("0")},
	"version far too high":   {"v": number("9000000000000000000")},
	"no writer":              {"w": nil},
	"short writer":           {"w": binary([]byte("1234567"))},
	"long writer":            {"w": binary([]byte("123456789"))},
	"kind is a number":       {"k": number("1")},
	"expiry is text":         {"t": text("soon")},
	"body is text":           {"b": text("body")},
	"packed is text":         {"b": nil, "d": text("body")},
	"two bodies":             {"d": binary(packed([]byte("body")))},
	"body is too long":       {"b": binary(make([]byte, ports.MaxBody+1))},
	"packed is noise":        {"b": nil, "d": binary([]byte("noise"))},
	"packed is cut":          {"b": nil, "d": binary(packed([]byte("body"))[:3])},
	"packed goes on":         {"b": nil, "d": binary(append(packed([]byte("body")), 0))},
	"packed is far too long": {"b": nil, "d": binary(packed(make([]byte, ports.MaxBody+1)))},
}

// packed compresses bytes as the store does.
func packed(body []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}

func TestDamageIsCorrupt(t *testing.T) {
	t.Parallel()
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			r.put(t, ports.Record{Key: key("a"), Kind: "kind", Body: []byte("body"), Expires: start.Add(1e12)})
			damaged := r.raw(t, key("a"))
			maps.Copy(damaged, damage)
			maps.DeleteFunc(damaged, func(_ string, v types.AttributeValue) bool { return v == nil })
			_, err := r.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: damaged})
			require.NoError(t, err)

			_, err = r.Get(t.Context(), key("a"))
			requireFailure(t, err, fault.Corrupt, false)
			_, err = r.List(t.Context(), ports.Range{Partition: "partition"})
			requireFailure(t, err, fault.Corrupt, false)
			for _, keys := range [][]ports.Key{{key("a")}, {key("a"), key("b")}} {
				err = r.Update(t.Context(), keys, add(key("a"), "more"))
				requireFailure(t, err, fault.Corrupt, false)
			}
			require.Equal(t, damaged, r.raw(t, key("a")))
		})
	}
}

// TestDamageBehindARefusalIsCorrupt meets the damaged record only in the answer to a write.
func TestDamageBehindARefusalIsCorrupt(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	err := r.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error {
		_, err := r.client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: aws.String(tableName), Item: item{"p": text("partition"), "s": text("a")},
		})
		require.NoError(t, err)
		return add(key("a"), "x")(tx)
	})
	requireFailure(t, err, fault.Corrupt, false)
}

// TestVersionsGoUpOverWhatOthersWrote lets a store whose clock is behind write over what one with a clock ahead has written,
// also where that has expired and was not read.
func TestVersionsGoUpOverWhatOthersWrote(t *testing.T) {
	t.Parallel()
	ahead := newRig(t, dynamostore.Options{})
	ahead.clock.Advance(1e12)
	behind := storeOn(t, ahead.client, restless{ahead.clock}, 2, nil)
	ahead.put(t, ports.Record{Key: key("a"), Body: []byte("a"), Expires: start.Add(2e12)})
	first, err := ahead.Get(t.Context(), key("a"))
	require.NoError(t, err)

	ahead.clock.Set(start)
	require.NoError(t, behind.Update(t.Context(), []ports.Key{key("a")}, add(key("a"), "b")))
	second, err := ahead.Get(t.Context(), key("a"))
	require.NoError(t, err)
	require.Greater(t, second.Version, first.Version)

	_, err = ahead.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: item{
		"p": text("partition"), "s": text("expired"), "v": number("1999999999999999"), "w": binary(make([]byte, 8)), "t": number("1"),
	}})
	require.NoError(t, err)
	require.NoError(t, behind.Update(t.Context(), nil, create(key("expired"), "again")))
	third, err := ahead.Get(t.Context(), key("expired"))
	require.NoError(t, err)
	require.Greater(t, third.Version, int64(1999999999999999))
}

// TestAnotherWriterOfTheSameVersionIsSeen replaces a record by one that differs in its writer alone, as a process with
// another clock may after a delete.
func TestAnotherWriterOfTheSameVersionIsSeen(t *testing.T) {
	t.Parallel()
	for name, decide := range map[string]func(tx ports.Tx) error{
		"written":            add(key("a"), "x"),
		"written with other": func(tx ports.Tx) error { return errors.Join(add(key("a"), "x")(tx), add(key("b"), "x")(tx)) },
		"only read":          func(tx ports.Tx) error { tx.Get(key("a")); tx.Get(key("b")); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			r.put(t, ports.Record{Key: key("a"), Body: []byte("a")})
			runs := 0
			require.NoError(t, r.Update(t.Context(), []ports.Key{key("a"), key("b")}, func(tx ports.Tx) error {
				if runs++; runs == 1 {
					other := r.raw(t, key("a"))
					other["w"] = binary([]byte("another!"))
					_, err := r.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: other})
					require.NoError(t, err)
				}
				return decide(tx)
			}))
			require.Equal(t, 2, runs)
		})
	}
}
