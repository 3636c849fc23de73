package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
)

// Each of these is refused with one line before anything is called or written.
func TestBadInput(t *testing.T) {
	t.Parallel()
	change := func(old, new string) func(*shop) []string {
		return func(s *shop) []string {
			require.Contains(s, smallCatalog, old)
			s.write("catalog.yaml", strings.Replace(smallCatalog, old, new, 1))
			return s.making()
		}
	}
	flags := func(more ...string) func(*shop) []string {
		return func(s *shop) []string { return s.making(more...) }
	}
	tests := map[string]struct {
		given func(*shop) []string
		want  []string
	}{
		"UnknownField":    {change("phone:", "fone: x\n  phone:"), []string{"catalog.yaml:", "fone"}},
		"WrongType":       {change("Corner Bakery", "[1]"), []string{"catalog.yaml:3:", "/business/name"}},
		"DuplicateSlug":   {change("{keyword: birthday cakes}", "{keyword: birthday cakes, slug: fresh-bread}"), []string{"catalog.yaml:18:", "fresh-bread"}},
		"PathCollision":   {change("{city: Cranston, state: RI}", "{city: Cranston, state: RI, slug: warwick-ri}"), []string{"warwick-ri"}},
		"BadUTF8":         {change("Corner Bakery", "Corner \xff Bakery"), []string{"catalog.yaml", "UTF-8"}},
		"NoYAML":          {change("business:", "business: {"), []string{"catalog.yaml"}},
		"MissingVariable": {change("phone: (401) 555-0100", "gbp_url: https://maps.example"), []string{"required variables have no value", "phone (missing on 4 pages"}},
		"TooLittle": {change("questionnaire:\n  identity: {tagline: Bread before dawn, year_established: 1998}\n"+
			"  audience: {target_description: People who get up early, languages: [English]}\n", ""), []string{"of 100; a job needs 40", "tagline"}},
		"NoKeywords":     {change("keywords:\n  - {keyword: fresh bread}\n  - {keyword: birthday cakes}\n", ""), []string{"no pages: there are no keywords"}},
		"NoFile":         {flags("--catalog", "nowhere.yaml"), []string{"nowhere.yaml"}},
		"FolderAsFile":   {flags("--catalog", "."), []string{"."}},
		"NoCatalog":      {flags("--catalog", ""), []string{"--catalog is missing"}},
		"NoPageType":     {flags("--page-type", ""), []string{`--page-type "" is no page type`, "keyword-service-area"}},
		"PageType":       {flags("--page-type", "landing"), []string{`"landing" is no page type: give keyword-service-area, `}},
		"Lang":           {flags("--lang", "fr"), []string{`--lang "fr" is no language: give en, es or all`}},
		"LangNotEnabled": {flags("--lang", "es"), []string{"catalog.yaml: no language is left: the business has enabled en"}},
		"Model":          {flags("--model", "gpt-9"), []string{`--model: no price for model "gpt-9": use one of`, "claude-haiku-5-5"}},
		"CapZero":        {flags("--cap", "0"), []string{"--cap 0 leaves nothing to spend"}},
		"CapNegative":    {flags("--cap", "-1"), []string{`--cap: "-1" is not an amount in dollars`}},
		"CapNaN":         {flags("--cap", "NaN"), []string{`--cap: "NaN" is not an amount`}},
		"CapDecimals":    {flags("--cap", "1.12345678901234567890"), []string{"--cap: ", "at most 12 decimals"}},
		"CapTooLarge":    {flags("--cap", "99999999999"), []string{"--cap: ", "too much"}},
		"CapEmpty":       {flags("--cap", ""), []string{`--cap: "" is not an amount`}},
		"Attempts":       {flags("--max-attempts", "0"), []string{"--max-attempts 0 is out of range: give a number from 1 to 1000"}},
		"Concurrency":    {flags("--concurrency", "0"), []string{"--concurrency 0 is out of range"}},
		"Format":         {flags("--format", "pdf"), []string{"--format: ", "pdf"}},
		"Key":            {flags("--key", "spring\n"), []string{"--key: the key's byte 7"}},
		"KeyEmpty":       {flags("--key", ""), []string{"--key: the key has 0 bytes"}},
		"StoreName":      {flags("--store", "redis"), []string{`--store "redis" is no store: give mem, or bolt:FILE`}},
		"StoreNoFile":    {flags("--store", "bolt:"), []string{"is no store"}},
		"StoreIsFolder": {func(s *shop) []string {
			return s.making("--store", "bolt:"+s.dir)
		}, []string{"is a folder: name a file in it"}},
		"StoreBelowFile": {func(s *shop) []string {
			return s.making("--store", "bolt:"+s.path("catalog.yaml/store.db"))
		}, []string{"the folder of the store cannot be made", "--store"}},
		"StoreIsNone": {func(s *shop) []string {
			return s.making("--store", "bolt:"+s.path("catalog.yaml"))
		}, []string{"it is no store file: name another one"}},
		"OutIsFile": {func(s *shop) []string {
			return s.making("--out", s.path("catalog.yaml"))
		}, []string{"--out: ", "catalog.yaml"}},
		"Flag":         {flags("--fast"), []string{"unknown flag: --fast (mb generate --help shows all flags)"}},
		"FlagType":     {flags("--concurrency", "many"), []string{`--concurrency: "many" is not a whole number from 1 to 1000`}},
		"AttemptsType": {flags("--max-attempts", "1.5"), []string{`--max-attempts: "1.5" is not a whole number from 1 to 1000`}},
		"SpeedType":    {flags("--simulate-speed", "x"), []string{`--simulate-speed: "x" is not a number`}},
		"SeedType":     {flags("--simulate-seed", "-1"), []string{`--simulate-seed: "-1" is not a whole number from 0 on`}},
		"BoolType":     {flags("--json=maybe"), []string{`--json: "maybe" is not true or false`}},
		"OutEmpty":     {flags("--out", ""), []string{"--out is empty: give a value, or leave it out"}},
		"URLEmpty":     {flags("--anthropic-base-url", ""), []string{"--anthropic-base-url is empty"}},
		"URLWords":     {flags("--anthropic-base-url", "not a url"), []string{`--anthropic-base-url "not a url"`, "give a URL like http://127.0.0.1:9090"}},
		"URLScheme":    {flags("--anthropic-base-url", "ftp://h"), []string{`"ftp://h"`, "give a URL like http://127.0.0.1:9090"}},
		"Argument":     {flags("extra"), []string{`unexpected argument "extra"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			args := test.given(s)
			catalog := s.read("catalog.yaml")
			s.run(args...).want(exitUsage).complains(test.want...)
			require.Zero(t, s.door.count(), "nothing is called")
			require.NoFileExists(t, s.path("store.db"))
			require.NoDirExists(t, s.path("out"))
			require.Equal(t, catalog, s.read("catalog.yaml"))
		})
	}
}

func TestBadUsage(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(s.making("--store", "mem")...).want(exitDone)
	const id = "0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11"
	tests := map[string]struct {
		args []string
		want string
	}{
		"Command":        {[]string{"make"}, `mb has no command "make": use budget, catalog, completion, config, doctor, forecast, generate, jobs, ledger, redrive, serve, tokens, version`},
		"SubCommand":     {[]string{"jobs", "stop"}, `mb jobs has no command "stop": use cancel, list, pause, resume, retry, show`},
		"Shell":          {[]string{"completion", "tcsh"}, `mb completion has no command "tcsh": use bash, fish, powershell, zsh`},
		"NoJob":          {[]string{"jobs", "show"}, "JOB is missing: use mb jobs show JOB"},
		"TwoJobs":        {[]string{"jobs", "show", "a", "b"}, `unexpected argument "b": use mb jobs show JOB`},
		"NoStore":        {[]string{"jobs", "show", id, "--store", "bolt:" + s.path("none.db")}, "there is no store file " + s.path("none.db") + ": mb generate makes one"},
		"Memory":         {[]string{"jobs", "list", "--store", "mem"}, "--store mem holds no jobs of earlier commands"},
		"Limit":          {[]string{"jobs", "list", "--limit", "0"}, "--limit 0 is out of range"},
		"RetryBoth":      {[]string{"jobs", "retry", id, "--failed", "--pages", "1"}, "--failed and --pages exclude each other"},
		"RetryPages":     {[]string{"jobs", "retry", id, "--pages", "1,x"}, `--pages "1,x": "x" is no page number`},
		"RetryNoPages":   {[]string{"jobs", "retry", id, "--pages", ""}, `--pages ""`},
		"RetryCap":       {[]string{"jobs", "retry", id, "--cap", "-2"}, "--cap: "},
		"ResumeCap":      {[]string{"jobs", "resume", id, "--cap", "0"}, "--cap 0 leaves nothing"},
		"ResumeCalls":    {[]string{"jobs", "resume", id, "--concurrency", "2000"}, "--concurrency 2000 is out of range"},
		"Reason":         {[]string{"jobs", "pause", id, "--reason", strings.Repeat("x", 201)}, "--reason has 201 bytes"},
		"VerifyNothing":  {[]string{"ledger", "verify"}, "JOB is missing: name one, or give --all"},
		"VerifyBoth":     {[]string{"ledger", "verify", id, "--all"}, "--all and a JOB exclude each other"},
		"VerifyTwo":      {[]string{"ledger", "verify", id, id}, "unexpected argument"},
		"ExportFormat":   {[]string{"ledger", "export", id, "--format", "xml"}, `--format "xml" is no format: give csv or jsonl`},
		"ImportNowhere":  {[]string{"catalog", "import", "--keywords", "k.csv"}, "--into is missing"},
		"ImportNothing":  {[]string{"catalog", "import", "--into", "c.yaml"}, "nothing to import"},
		"ForecastLimit":  {[]string{"forecast", "--rpm", "0"}, "--rpm 0 is no limit"},
		"ForecastType":   {[]string{"forecast", "--rpm", "x"}, `--rpm: "x" is not a whole number above 0`},
		"ForecastNoFile": {[]string{"forecast", "--page-type", "keyword-service-area", "--catalog", "none.yaml"}, "none.yaml"},
		"ForecastStore":  {[]string{"forecast", "--store", "x"}, "is no store"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.run(test.args...).want(exitUsage).complains(test.want)
		})
	}
}

func TestNoSuchJob(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(s.making()...).want(exitDone)
	before := s.read("store.db")
	for _, id := range []string{"0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11", "../x", "x y", ""} {
		for _, command := range [][]string{
			{"jobs", "show"}, {"jobs", "pause"}, {"jobs", "cancel"}, {"jobs", "resume"}, {"jobs", "retry"}, {"ledger", "verify"}, {"ledger", "export"},
		} {
			s.run(s.on(append(command, id)...)...).want(exitUsage).complains("does not exist", "mb jobs list")
		}
	}
	require.Len(t, s.read("store.db"), len(before))
}

// damage changes the records of the store with bbolt alone, as another program would.
func (s *shop) damage(change func(records *bolt.Bucket, meta *bolt.Bucket) error) {
	s.Helper()
	db, err := bolt.Open(s.path("store.db"), 0o600, nil)
	require.NoError(s, err)
	require.NoError(s, db.Update(func(tx *bolt.Tx) error {
		return change(tx.Bucket([]byte("records")), tx.Bucket([]byte("meta")))
	}))
	require.NoError(s, db.Close())
}

// find returns the first key that begins with the text, and its value.
func find(records *bolt.Bucket, prefix string) (key, value []byte) {
	key, value = records.Cursor().Seek([]byte(prefix))
	if !strings.HasPrefix(string(key), prefix) {
		panic("no record " + prefix)
	}
	return key, append([]byte{}, value...)
}

func TestDamagedStore(t *testing.T) {
	t.Parallel()
	garble := func(prefix string) func(records, meta *bolt.Bucket) error {
		return func(records, _ *bolt.Bucket) error {
			key, value := find(records, prefix)
			return records.Put(key, value[:len(value)-9])
		}
	}
	tests := map[string]struct {
		change func(id string) func(records, meta *bolt.Bucket) error
		want   string
	}{
		"NewerStore": {func(string) func(_, meta *bolt.Bucket) error {
			return func(_, meta *bolt.Bucket) error { return meta.Put([]byte("layout"), []byte("99")) }
		}, "newer version of this program"},
		"Job":    {func(id string) func(_, _ *bolt.Bucket) error { return garble("job/" + id + "\x00header") }, ""},
		"Shard":  {func(id string) func(_, _ *bolt.Bucket) error { return garble("job/" + id + "/s00\x00header") }, ""},
		"Parcel": {func(id string) func(_, _ *bolt.Bucket) error { return garble("job/" + id + "/s00\x00p/") }, ""},
		"Envelope": {func(id string) func(records, _ *bolt.Bucket) error {
			return func(records, _ *bolt.Bucket) error {
				key, _ := find(records, "job/"+id+"\x00header")
				return records.Put(key, []byte("x"))
			}
		}, "is damaged"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.run(s.making("--cap", "0.0025", "--key", "k")...).want(exitPaused)
			id := s.job()
			calls := s.door.count()
			s.damage(test.change(id))
			for _, args := range [][]string{
				s.on("jobs", "show", id), s.calling("jobs", "resume", id), s.calling("jobs", "retry", id), s.on("jobs", "pause", id), s.making("--key", "k"),
			} {
				refused := s.run(args...).want(exitUsage)
				refused.complains(test.want)
				require.Regexp(t, "restore|mb ledger verify "+id+"|newer version", refused.stderr, "what to do")
			}
			require.Equal(t, calls, s.door.count(), "nothing is called")
		})
	}
}

func TestLockedStore(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(s.making("--key", "k")...).want(exitDone)
	id := s.job()
	held, err := boltstore.Open(s.path("store.db"), sysclock.Clock{}, nil)
	require.NoError(t, err)
	require.NoError(t, held.SetHolder("job 42"))
	for _, args := range [][]string{
		s.making(), s.on("jobs", "list"), s.on("jobs", "show", id), s.on("jobs", "cancel", id), s.calling("jobs", "resume", id),
		s.calling("jobs", "retry", id), s.on("ledger", "verify", id), s.on("ledger", "export", id),
	} {
		s.run(args...).want(exitUsage).complains("is in use by", fmt.Sprint(os.Getpid()), "(job 42)")
	}
	require.NoError(t, held.Close())
	s.run(s.on("jobs", "list")...).want(exitDone)
}

func TestDefaultStoreIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(s.making("--store", "bolt:"+s.path(".marketbrewer/store.db"))...).want(exitDone)
	info, err := os.Stat(filepath.Join(s.dir, ".marketbrewer"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}
