package catalog_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func TestToSlug(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"San José, CA": "san-jose-ca", "Coeur d'Alene": "coeur-dalene", "O’Brien": "obrien", "São Paulo": "sao-paulo",
		"Ñandú": "nandu", "Đà Nẵng": "a-nang", "Straße": "strae", "Łódź": "odz",
		"Ægir": "gir", "50% Off!": "50-off", "C++ / C#": "c-c", "Mc Lean/Tysons": "mc-leantysons",
		"Winston–Salem": "winstonsalem", "best\u00a0burgers near me": "best-burgers-near-me", "日本 sushi": "sushi", "東京": "",
		"hello_world  test": "hello-world-test", "--A--": "a", "İstanbul": "istanbul", "¿Cuánto cuesta? DUI": "cuanto-cuesta-dui",
		"": "", "-_ -": "", "a\ufeffb": "a-b", "a\u0085b": "ab", "a\u2028b": "a-b", "e\u0301te\u0301": "ete", "K": "k", "bad\xffbytes": "badbytes",
		"Ｆｕｌｌ": "", "½": "", "a \U0001F600 b": "a-b",
	} {
		require.Equal(t, want, catalog.ToSlug(input), "%q", input)
	}
	require.Equal(t, "san-jose-ca", catalog.ToCityStateSlug("San José", "CA"))
}

func TestReservedSlugs(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"es", "blog", "api", "admin"}, catalog.ReservedSlugs())
}

var slugShape = regexp.MustCompile(`^([a-z0-9]+(-[a-z0-9]+)*)?$`)

func FuzzToSlug(f *testing.F) {
	f.Add("San José, CA")
	f.Add("--\u00a0_İ\xff")
	f.Fuzz(func(t *testing.T, s string) {
		slug := catalog.ToSlug(s)
		require.Regexp(t, slugShape, slug)
		require.Equal(t, slug, catalog.ToSlug(slug))
		require.Equal(t, catalog.Fold(slug), slug)
	})
}

func TestFold(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"  Él\u00a0 dijo:\n“Sí”": "el dijo: “si”", "D’Alene": "d'alene", "ÑANDÚ": "nandu", "e\u0301": "e", "Straße": "straße", "": "", "ΑΒΓ": "αβγ",
	} {
		require.Equal(t, want, catalog.Fold(input))
	}
}
