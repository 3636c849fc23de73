package lambdahttp_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdahttp"
)

func TestEscapedLength(t *testing.T) {
	t.Parallel()
	alphabet := []rune("ab\x00\x01\b\t\n\v\f\r\x1b\x1f \"\\<>&\x7fé世\u2027\u2028\u2029\u202a\ufffd😀")
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		text := make([]rune, random.IntN(20))
		for i := range text {
			text[i] = alphabet[random.IntN(len(alphabet))]
		}
		var encoded bytes.Buffer
		encoder := json.NewEncoder(&encoded)
		encoder.SetEscapeHTML(false) // as aws-lambda-go does
		require.NoError(t, encoder.Encode(string(text)))
		require.Equal(t, encoded.Len()-len("\"\"\n"), lambdahttp.EscapedLength([]byte(string(text))), "%q", string(text))
	}
}
