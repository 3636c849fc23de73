package cost_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func ratesOf(input, write5m, write1h, read, output int64) string {
	return fmt.Sprintf(`{"input":%d,"cache_write_5m":%d,"cache_write_1h":%d,"cache_read":%d,"output":%d}`,
		input, write5m, write1h, read, output)
}

// stepOf is a step with the same price for everything, half of it in a batch.
func stepOf(over, price int64) string {
	return fmt.Sprintf(`{"over":%d,"realtime":%s,"batch":%s}`, over,
		ratesOf(price, price, price, price, price), ratesOf(price/2, price/2, price/2, price/2, price/2))
}

// lineOf is a valid line but for the steps.
func lineOf(model string, steps ...string) string {
	return fmt.Sprintf(`{"model":%q,"date":"2026-01-31","source":"a page","steps":[%s]}`, model, strings.Join(steps, ","))
}

// tableOf is a table with the one model "m".
func tableOf(steps ...string) string {
	return `{"version":"v1","models":[` + lineOf("m", steps...) + `]}`
}

func TestParseTable(t *testing.T) {
	t.Parallel()
	table, err := cost.ParseTable([]byte(`{"version":"v1","models":[` +
		strings.Replace(lineOf("b", stepOf(0, 2), stepOf(10, 2), stepOf(20, 8)), `"date"`, `"aliases":["a","c"],"date"`, 1) + `]}  ` + "\n"))
	require.NoError(t, err)
	require.Equal(t, "v1", table.Version())
	require.Equal(t, []string{"a", "b", "c"}, table.Models())
	for prompt, want := range map[int64]cost.Pico{1: 2, 10: 20, 11: 22, 20: 40, 21: 168, 1000: 8000} {
		for _, model := range table.Models() {
			got, err := table.Cost(model, cost.Realtime, cost.Usage{Input: prompt})
			require.NoError(t, err)
			require.Equal(t, want, got, "%d prompt tokens", prompt)
		}
	}
}

func TestParseTableRefuses(t *testing.T) {
	t.Parallel()
	good := tableOf(stepOf(0, 2))
	_, err := cost.ParseTable([]byte(good))
	require.NoError(t, err)
	swap := func(old, replacement string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, replacement, 1)
	}
	for name, c := range map[string]struct{ text, says string }{
		"Empty":               {"", "EOF"},
		"NotJSON":             {"version: v1", "invalid character"},
		"Truncated":           {good[:len(good)-1], "unexpected EOF"},
		"TextAfterEnd":        {good + "{}", "text after its end"},
		"BrokenAfterEnd":      {good + "]", "text after its end"},
		"List":                {"[]", "cannot unmarshal"},
		"Null":                {"null", "version"},
		"UnknownField":        {swap(`"version"`, `"currency":"EUR","version"`), "unknown field"},
		"UnknownPrice":        {swap(`"input":2`, `"input":2,"fast":9`), "unknown field"},
		"FieldTwice":          {swap(`"input":2`, `"input":200,"input":2`), "twice"},
		"FieldTwiceOutside":   {swap(`"version"`, `"version":"v0","version"`), "twice"},
		"FieldInOtherCase":    {swap(`"input"`, `"Input"`), "lower case"},
		"NoVersion":           {swap(`"version":"v1",`, ``), "version"},
		"VersionWithSpace":    {swap(`v1`, `v 1`), "version"},
		"LongVersion":         {swap(`v1`, strings.Repeat("v", 129)), "version"},
		"NoModels":            {`{"version":"v1","models":[]}`, "no models"},
		"NoModelName":         {swap(`"model":"m",`, ``), "model"},
		"ModelNotASCII":       {swap(`"m"`, `"mödel"`), "model"},
		"EmptyAlias":          {swap(`"date"`, `"aliases":[""],"date"`), "model"},
		"ModelTwice":          {swap(`]}]}`, `]},`+lineOf("m", stepOf(0, 2))+`]}`), `"m" stands there twice`},
		"AliasIsModel":        {swap(`"date"`, `"aliases":["m"],"date"`), `"m" stands there twice`},
		"NoDate":              {swap(`"date":"2026-01-31",`, ``), "date"},
		"DateThatIsNone":      {swap(`2026-01-31`, `2026-02-30`), "date"},
		"NoSource":            {swap(`"source":"a page",`, ``), "source"},
		"NegativeCacheMin":    {swap(`"date"`, `"cache_min":-1,"date"`), "cache_min -1"},
		"CacheMinAsText":      {swap(`"date"`, `"cache_min":"512","date"`), "price table"},
		"NoSteps":             {tableOf(), "first step"},
		"FirstStepNotAtZero":  {tableOf(stepOf(1, 2)), "first step"},
		"StepsDoNotRise":      {tableOf(stepOf(0, 2), stepOf(0, 4)), "step over 0"},
		"StepsFall":           {tableOf(stepOf(0, 2), stepOf(9, 4), stepOf(8, 4)), "step over 8"},
		"LongerIsCheaper":     {tableOf(stepOf(0, 4), stepOf(9, 2)), "nowhere cheaper"},
		"LongBatchIsCheaper":  {swap(`"steps":[`, `"steps":[`+stepOf(0, 2)+`,{"over":5,"realtime":`+ratesOf(2, 2, 2, 2, 2)+`,"batch":`+ratesOf(2, 2, 2, 2, 2)+`},{"over":9,"realtime":`+ratesOf(2, 2, 2, 2, 2)+`,"batch":`+ratesOf(2, 2, 2, 2, 1)+`},`), "step over 9"},
		"ZeroPrice":           {swap(`"input":2`, `"input":0`), "above zero"},
		"NegativePrice":       {swap(`"output":2`, `"output":-2`), "above zero"},
		"MissingPrice":        {swap(`"input":2,`, ``), "above zero"},
		"NullPrice":           {swap(`"input":2`, `"input":null`), "above zero"},
		"ZeroBatchPrice":      {tableOf(stepOf(0, 1)), "above zero"},
		"NoBatch":             {tableOf(`{"over":0,"realtime":` + ratesOf(1, 1, 1, 1, 1) + `}`), "above zero"},
		"FractionalPrice":     {swap(`"input":2`, `"input":2.5`), "price table"},
		"PriceAsText":         {swap(`"input":2`, `"input":"0.000000000002.5"`), "price table"},
		"PriceBeyondInt64":    {swap(`"input":2`, `"input":9223372036854775808`), "price table"},
		"DeeplyNested":        {swap(`"version":"v1"`, `"version":`+strings.Repeat("[", 100_000)), "price table"},
		"FieldTwiceInList":    {swap(`"over":0`, `"over":0,"over":0`), "twice"},
		"AliasesOfWrongType":  {swap(`"date"`, `"aliases":[1],"date"`), "price table"},
		"ModelsOfWrongNumber": {`{"version":"v1","models":{}}`, "price table"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, err := cost.ParseTable([]byte(c.text))
			require.ErrorIs(t, err, fault.Invalid)
			require.ErrorContains(t, err, c.says)
			require.Nil(t, table)
		})
	}
}

// TestDocumentedTable: what docs/prices.md shows is a table.
func TestDocumentedTable(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/prices.md")
	require.NoError(t, err)
	_, example, found := strings.Cut(string(page), "```json\n")
	require.True(t, found)
	example, _, found = strings.Cut(example, "```")
	require.True(t, found)
	table, err := cost.ParseTable([]byte(example))
	require.NoError(t, err)
	require.Equal(t, "2027-01-15", table.Version())
	require.Equal(t, int64(512), table.CacheMinimum("claude-haiku-5-5"))
}
