package marketbrewer_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The checker itself is tested on sources in memory: each planted breach is found at its line, by a rule that names it.

// planted is a file in which the line that ends in "// breach" breaks the rule; no such line means that nothing does.
type planted struct{ path, text, rule string }

func (p planted) run(t *testing.T) {
	t.Helper()
	found := check(t, []source{{path: p.path, text: p.text}})
	line := 0
	for i, text := range strings.Split(p.text, "\n") {
		if strings.HasSuffix(text, "// breach") {
			line = i + 1
		}
	}
	if line == 0 {
		require.Empty(t, found)
		return
	}
	require.Len(t, found, 1)
	require.Equal(t, p.path, found[0].file)
	require.Equal(t, line, found[0].line, found[0].rule)
	require.Contains(t, found[0].rule, p.rule)
}

// importing is a file with one import; rule says why it is a breach, "" that it is none.
func importing(file, imported, rule string) planted {
	text := "package p\n\nimport _ \"" + imported + "\""
	if rule != "" {
		text += " // breach"
	}
	return planted{path: file, text: text + "\n", rule: rule}
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	const own = module + "/"
	for name, p := range map[string]planted{
		"LeafTakesFault":             importing("core/job/a.go", own+"core/fault", ""),
		"LeafTakesAnother":           importing("core/retry/a.go", own+"core/cost", "core/retry may not import"),
		"FaultTakesALeaf":            importing("core/fault/a.go", own+"core/job", "its row allows none"),
		"LeafTakesPorts":             importing("core/cost/a.go", own+"ports", "its row allows core/fault"),
		"PagesTakeTheEngine":         importing("core/pages/a.go", own+"core/engine", "its row allows core/catalog"),
		"EngineTakesPorts":           importing("core/engine/a.go", own+"ports", ""),
		"EngineTakesPages":           importing("core/engine/a.go", own+"core/pages", "may not import"),
		"EngineTakesAnAdapter":       importing("core/engine/a.go", own+"adapters/memstore", "may not import"),
		"EngineTakesItsOwnTree":      importing("core/engine/a.go", own+"core/engine/wire", ""),
		"BelowEngineAsEngine":        importing("core/engine/wire/a.go", own+"core/engine", ""),
		"BelowEngineNoMore":          importing("core/engine/wire/a.go", own+"core/catalog", "core/engine/wire may not import"),
		"LikeEngineIsNotEngine":      importing("core/engine/a.go", own+"core/engineer", "may not import"),
		"BackofficeTakesAllOfCore":   importing("core/backoffice/a.go", own+"core/engine", ""),
		"CoreTakesAModule":           importing("core/cost/a.go", "github.com/google/uuid", "its row allows none of other modules"),
		"CoreTakesTheSubrepos":       importing("core/cost/a.go", "golang.org/x/text/unicode/norm", "its row allows none"),
		"PortsTakeALeaf":             importing("ports/a.go", own+"core/quota", ""),
		"PortsTakeTheEngine":         importing("ports/a.go", own+"core/engine", "may not import"),
		"PortsTakeTheCatalog":        importing("ports/a.go", own+"core/catalog", "may not import"),
		"PortsTakeTheSuite":          importing("ports/a.go", own+"ports/porttest", "may not import"),
		"PortsTakeAModule":           importing("ports/a.go", "github.com/google/uuid", "its row allows none"),
		"PortsTakeTesting":           importing("ports/a.go", "testing", "it is for tests"),
		"SuiteTakesPorts":            importing("ports/porttest/a.go", own+"ports", ""),
		"SuiteTakesTestify":          importing("ports/porttest/a.go", "github.com/stretchr/testify/require", ""),
		"SuiteTakesTesting":          importing("ports/porttest/a.go", "testing", ""),
		"SuiteTakesAnAdapter":        importing("ports/porttest/a.go", own+"adapters/memstore", "may not import"),
		"SuiteTakesRapid":            importing("ports/porttest/a.go", "pgregory.net/rapid", "its row allows github.com/stretchr/testify"),
		"AdapterTakesCore":           importing("adapters/httpapi/a.go", own+"core/engine", ""),
		"AdapterTakesPorts":          importing("adapters/memstore/a.go", own+"ports", ""),
		"AdapterTakesASuite":         importing("adapters/memstore/a.go", own+"ports/porttest", "may not import"),
		"AdapterTakesAnother":        importing("adapters/memstore/a.go", own+"adapters/memqueue", "may not import"),
		"AdapterTakesApps":           importing("adapters/memstore/a.go", own+"apps/mb", "may not import"),
		"AdapterTakesMocks":          importing("adapters/memstore/a.go", own+"mocks", "may not import"),
		"AdapterTakesItsTechnology":  importing("adapters/boltstore/a.go", "go.etcd.io/bbolt", ""),
		"AdapterBelowTakesItToo":     importing("adapters/boltstore/file/a.go", "go.etcd.io/bbolt/errors", ""),
		"AdapterTakesOtherTech":      importing("adapters/memstore/a.go", "go.etcd.io/bbolt", "its row allows none"),
		"ModuleNamesAreWhole":        importing("adapters/boltstore/a.go", "go.etcd.io/bbolter", "its row allows go.etcd.io/bbolt of"),
		"AdapterTakesWire":           importing("adapters/memstore/a.go", "github.com/google/wire", "only apps may"),
		"AdapterTakesHTTPTest":       importing("adapters/claudemodel/a.go", "net/http/httptest", "it is for tests"),
		"AdapterTakesTheNetwork":     importing("adapters/claudemodel/a.go", "net/http", ""),
		"ModelTakesTheSDK":           importing("adapters/claudemodel/a.go", claudeSDK+"/option", ""),
		"ModelTakesBedrock":          importing("adapters/claudemodel/a.go", claudeSDK+"/bedrock", "nothing may"),
		"AppsTakeTheSDK":             importing("apps/mb/a.go", claudeSDK, "only adapters/claudemodel may"),
		"TestsTakeTheSDK":            importing("adapters/claudesim/a_test.go", claudeSDK, "only adapters/claudemodel may"),
		"AppsTakeAdapters":           importing("apps/mb/a.go", own+"adapters/boltstore", ""),
		"AppsTakeApps":               importing("apps/mb/a.go", own+"apps/internal/wiring", ""),
		"AppsTakeCore":               importing("apps/internal/wiring/a.go", own+"core/engine", ""),
		"AppsTakeWire":               importing("apps/internal/wiring/a.go", "github.com/google/wire", ""),
		"AppsTakeAnything":           importing("apps/mb/a.go", "github.com/spf13/cobra", ""),
		"AppsTakeMocks":              importing("apps/mb/a.go", own+"mocks", "may not import"),
		"AppsTakeASuite":             importing("apps/mb/a.go", own+"ports/porttest", "may not import"),
		"MocksTakePorts":             {path: "mocks/doc.go", text: "package mocks\n\nimport _ \"" + own + "ports\"\n"},
		"MocksTakeAdapters":          importing("mocks/doc.go", own+"adapters/memstore", "may not import"),
		"MocksTakeGomock":            importing("mocks/doc.go", "go.uber.org/mock/gomock", ""),
		"TestsTakeMocks":             importing("core/engine/a_test.go", own+"mocks", ""),
		"TestsTakeAdapters":          importing("core/engine/a_test.go", own+"adapters/memstore", ""),
		"TestsTakeASuite":            importing("adapters/memstore/a_test.go", own+"ports/porttest", ""),
		"TestsTakeTestLibraries":     importing("core/cost/a_test.go", "pgregory.net/rapid", ""),
		"TestsTakeTheirTechnology":   importing("adapters/boltstore/a_test.go", "go.etcd.io/bbolt", ""),
		"TestsTakeAnyModule":         importing("core/cost/a_test.go", "go.etcd.io/bbolt", "its row allows none"),
		"TestsTakeApps":              importing("core/cost/a_test.go", own+"apps/mb", "apps are for apps alone"),
		"TestsOfAppsTakeApps":        importing("apps/mb/a_test.go", own+"apps/internal/bench", ""),
		"TestsTakeTheMachine":        importing("core/cost/a_test.go", "os", ""),
		"TheRootTakesCore":           importing("doc.go", own+"core/job", "its row allows none"),
		"TheRootIsImported":          importing("adapters/memstore/a.go", module, "the root holds no code"),
		"TestsOfTheRoot":             importing("a_test.go", own+"adapters/memstore", ""),
		"AFolderWithoutARow":         {path: "core/newer/a.go", text: "package newer // breach\n", rule: "no row"},
		"AnUnknownTree":              {path: "docs/gen/a.go", text: "package gen // breach\n", rule: "no row"},
		"AdaptersItselfHoldsNothing": {path: "adapters/a.go", text: "package adapters // breach\n", rule: "no row"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.run(t)
		})
	}
}

func TestCoreRefusesTheMachine(t *testing.T) {
	t.Parallel()
	for _, imported := range []string{
		"C", "crypto/rand", "expvar", "flag", "hash/maphash", "log", "math/rand", "math/rand/v2", "net", "net/http", "net/http/httptest", "os",
		"os/exec", "os/signal", "syscall", "unsafe",
	} {
		t.Run(imported, func(t *testing.T) {
			t.Parallel()
			importing("core/job/a.go", imported, "core has no I/O").run(t)
		})
	}
	for _, imported := range []string{"context", "crypto/sha256", "embed", "log/slog", "net/mail", "net/url", "sync", "time"} {
		t.Run(imported, func(t *testing.T) {
			t.Parallel()
			importing("core/job/a.go", imported, "").run(t)
		})
	}
}

func TestShapeRules(t *testing.T) {
	t.Parallel()
	const mark = "// Code generated by hand. DO NOT EDIT.\n\n"
	for name, p := range map[string]planted{
		"Init":           {"adapters/memstore/a.go", "package p\n\nfunc init() {} // breach\n", "init functions"},
		"InitInATest":    {"apps/mb/a_test.go", "package p\n\nfunc init() {} // breach\n", "init functions"},
		"InitGenerated":  {"apps/mb/a.go", mark + "package p\n\nfunc init() {}\n", ""},
		"InitIsAMethod":  {"apps/mb/a.go", "package p\n\ntype T int\n\nfunc (T) init() {}\n", ""},
		"Main":           {"core/cost/a.go", "//go:build ignore\n\npackage main // breach\n", "programs live in apps"},
		"MainInApps":     {"apps/mb/a.go", "package main\n", ""},
		"MockByHand":     {"mocks/a.go", "package mocks // breach\n", "generated files alone"},
		"MockGenerated":  {"mocks/a.go", mark + "package mocks\n", ""},
		"DotImport":      {"adapters/memstore/a.go", "package p\n\nimport . \"time\" // breach\n", "dot import"},
		"DotInATest":     {"adapters/memstore/a_test.go", "package p\n\nimport . \"time\"\n", ""},
		"Getenv":         {"adapters/memstore/a.go", "package p\n\nimport \"os\"\n\nvar x = os.Getenv(\"X\") // breach\n", "apps alone"},
		"LookupEnvAlias": {"ports/a.go", "package p\n\nimport m \"os\"\n\nvar f = m.LookupEnv // breach\n", "m.LookupEnv"},
		"GetenvInApps":   {"apps/mb/a.go", "package p\n\nimport \"os\"\n\nvar x = os.Getenv(\"X\")\n", ""},
		"GetenvInATest":  {"adapters/memstore/a_test.go", "package p\n\nimport \"os\"\n\nvar x = os.Getenv(\"X\")\n", ""},
		"OpenIsNoEnv":    {"adapters/memstore/a.go", "package p\n\nimport \"os\"\n\nvar x = os.Open\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.run(t)
		})
	}
}

// TestCoreIsPure plants one statement or declaration in core.
func TestCoreIsPure(t *testing.T) {
	t.Parallel()
	const head = "package p\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"log/slog\"\n\t\"maps\"\n\t\"slices\"\n\t\"sync\"\n\tclock \"time\"\n)\n\n" +
		"type T struct{ n int }\n\nfunc (t *T) grow() {}\n\nfunc (t T) read() {}\n\nfunc (t *T) Error() string { return \"\" }\n\n" +
		"func broken() *T { return nil }\n\nvar (\n\ttable = map[string]int{\"a\": 1}\n\tlist = []int{2, 1}\n\tvalue T\n\tcount int\n)\n\n"
	in := func(statement string) string { return head + "func f(ctx context.Context) {\n\t" + statement + "\n}\n" }
	for name, p := range map[string]struct{ text, rule string }{
		"Now":            {in("_ = clock.Now() // breach"), "clock.Now"},
		"NowAsAValue":    {in("now := clock.Now // breach"), "clock.Now"},
		"Sleep":          {in("clock.Sleep(1) // breach"), "clock.Sleep"},
		"Timer":          {in("_ = clock.NewTimer(1) // breach"), "clock.NewTimer"},
		"Timeout":        {in("_, _ = context.WithTimeout(ctx, 1) // breach"), "context.WithTimeout"},
		"Cancel":         {in("_, _ = context.WithCancel(ctx)"), ""},
		"Duration":       {in("_ = clock.Duration(3) * clock.Second"), ""},
		"Go":             {in("go f(ctx) // breach"), "go statement"},
		"Select":         {in("select {} // breach"), "select"},
		"Channel":        {in("_ = make(chan int) // breach"), "channel"},
		"WaitGroup":      {in("var g sync.WaitGroup // breach"), "sync.WaitGroup"},
		"Print":          {in("fmt.Println(1) // breach"), "fmt.Println"},
		"Sprint":         {in("_ = fmt.Sprint(1)"), ""},
		"DefaultLogger":  {in("slog.Info(\"x\") // breach"), "slog.Info"},
		"Logger":         {in("var l *slog.Logger\n\tl.Info(\"x\")"), ""},
		"InAClosure":     {in("_ = func() { _ = []any{clock.Now()} } // breach"), "clock.Now"},
		"VarMutex":       {head + "var mu sync.Mutex // breach\n", "mu holds sync.Mutex"},
		"VarMutexPtr":    {head + "var mu *sync.Mutex // breach\n", "mu holds sync.Mutex"},
		"VarStructMutex": {head + "var mu = struct{ sync.Mutex }{} // breach\n", "mu holds sync.Mutex"},
		"VarPointer":     {head + "var p = &struct{}{} // breach\n", "p holds a pointer"},
		"VarFromCall":    {head + "func n() *int { return nil }\n\nvar p = n() // breach\n", "p holds a pointer"},
		"VarNew":         {head + "var p = new(int) // breach\n", "p holds a pointer"},
		"VarError":       {head + "var e = broken()\n", ""},
		"VarForeign":     {head + "var e = fmt.Errorf(\"x\")\n", ""},
		"VarBlank":       {head + "var _ fmt.Stringer = (*fmt.State)(nil)\n", ""},
		"VarOnceValue":   {head + "var once = sync.OnceValue(func() *T { return &T{} })\n", ""},
		"VarOnce":        {head + "var once sync.Once // breach\n", "once holds sync.Once"},
		"Assign":         {in("count = 2 // breach"), "assigns to the package variable count"},
		"AssignOp":       {in("count += 2 // breach"), "assigns to"},
		"AssignField":    {in("value.n = 2 // breach"), "package variable value"},
		"AssignIndex":    {in("list[0] = 2 // breach"), "package variable list"},
		"AssignSecond":   {in("_, (count) = 2, 3 // breach"), "package variable count"},
		"AssignKey":      {in("table[\"b\"] = 2 // breach"), "package variable table"},
		"Increment":      {in("table[\"b\"]++ // breach"), "changes the package variable table"},
		"Range":          {in("for count = range 3 { // breach\n\t}"), "package variable count"},
		"Address":        {in("_ = &count // breach"), "takes the address of the package variable count"},
		"AddressOfRow":   {in("_ = &list[0]"), ""},
		"PointerMethod":  {in("value.grow() // breach"), "pointer receiver"},
		"ValueMethod":    {in("value.read()"), ""},
		"Delete":         {in("delete(table, \"a\") // breach"), "changes by delete"},
		"Clear":          {in("clear(table) // breach"), "changes by clear"},
		"Copy":           {in("copy(list[1:], list) // breach"), "changes by copy"},
		"MapsCopy":       {in("maps.Copy(table, nil) // breach"), "changes by maps.Copy"},
		"SlicesSort":     {in("slices.Sort(list) // breach"), "changes by slices.Sort"},
		"SlicesSorted":   {in("_ = slices.Sorted(maps.Keys(table))"), ""},
		"HandsOut":       {head + "func f() map[string]int {\n\treturn table // breach\n}\n", "hands out the map"},
		"HandsOutAValue": {head + "func f() int {\n\treturn table[\"a\"]\n}\n", ""},
		"Reads":          {in("for range table {\n\t}\n\t_ = list[0] + len(table)"), ""},
		"Shadowed":       {in("count, table := 1, map[int]int{}\n\tcount++\n\ttable[1] = 2"), ""},
		"ShadowedField":  {in("var v struct{ count int }\n\tv.count = 2"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planted{path: "core/job/a.go", text: p.text, rule: p.rule}.run(t)
			require.Empty(t, check(t, []source{{path: "core/job/a_test.go", text: p.text}}), "tests are free")
			require.Empty(t, check(t, []source{{path: "adapters/memstore/a.go", text: p.text}}), "adapters are free")
		})
	}
}

func TestStateIsFoundAcrossFiles(t *testing.T) {
	t.Parallel()
	found := check(t, []source{
		{path: "core/job/a.go", text: "package job\n\nvar table = map[string]int{}\n"},
		{path: "core/job/b.go", text: "package job\n\nfunc Put() { table[\"a\"] = 1 }\n"},
		{path: "core/cost/c.go", text: "package cost\n\nfunc Put() { table := map[string]int{}; table[\"a\"] = 1 }\n"},
	})
	require.Len(t, found, 1)
	require.Equal(t, "core/job/b.go:3", strings.Join(strings.SplitN(found[0].String(), ":", 3)[:2], ":"))
}
