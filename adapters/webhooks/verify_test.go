package webhooks_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// signed is what a sender says, written anew from the standard's text.
func signed(t *testing.T, key ports.Secret, id string, at time.Time, body string) http.Header {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(string(key)[len("whsec_"):])
	require.NoError(t, err)
	mac := hmac.New(sha256.New, raw)
	_, _ = fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	header := http.Header{}
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", fmt.Sprint(at.Unix()))
	header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return header
}

// sent is what the sender really sends.
func sent(t *testing.T, secrets ...ports.Secret) (http.Header, []byte) {
	t.Helper()
	var header http.Header
	var body []byte
	sender, _ := setup(t, func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
	})
	_, err := sender.Send(t.Context(), delivery(secrets...))
	require.NoError(t, err)
	return header, body
}

func TestVerify(t *testing.T) {
	t.Parallel()

	t.Run("TheStandardsOwnExample", func(t *testing.T) {
		t.Parallel()
		const body = `{"test": 2432232314}`
		header := http.Header{}
		header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
		header.Set("webhook-timestamp", "1614265330")
		header.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
		require.NoError(t, webhooks.Verify("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", header, []byte(body), time.Unix(1614265330, 0), 0))
	})

	t.Run("OurDeliveriesAreTheStandards", func(t *testing.T) {
		t.Parallel()
		header, body := sent(t)
		require.Equal(t, signed(t, secret(1), "msg_1", noon, string(body)).Get("webhook-signature"), header.Get("webhook-signature"))
	})

	t.Run("RotationSignsWithBoth", func(t *testing.T) {
		t.Parallel()
		header, body := sent(t, secret(2), secret(1))
		require.NoError(t, webhooks.Verify(secret(1), header, body, noon, 0))
		require.NoError(t, webhooks.Verify(secret(2), header, body, noon, 0))
		require.ErrorIs(t, webhooks.Verify(secret(3), header, body, noon, 0), fault.Unauthorized)
		header, body = sent(t, secret(2))
		require.ErrorIs(t, webhooks.Verify(secret(1), header, body, noon, 0), fault.Unauthorized, "the window is over")
	})

	t.Run("ForgeriesAreRefused", func(t *testing.T) {
		t.Parallel()
		const body = `{"type":"job.completed"}`
		for name, change := range map[string]func(h http.Header){
			"another id":      func(h http.Header) { h.Set("webhook-id", "msg_2") },
			"another time":    func(h http.Header) { h.Set("webhook-timestamp", fmt.Sprint(noon.Unix()+1)) },
			"no id":           func(h http.Header) { h.Del("webhook-id") },
			"no time":         func(h http.Header) { h.Del("webhook-timestamp") },
			"no number":       func(h http.Header) { h.Set("webhook-timestamp", "noon") },
			"no signature":    func(h http.Header) { h.Del("webhook-signature") },
			"another version": func(h http.Header) { h.Set("webhook-signature", "v2"+h.Get("webhook-signature")[2:]) },
			"cut short":       func(h http.Header) { h.Set("webhook-signature", "v1,") },
			"no base64":       func(h http.Header) { h.Set("webhook-signature", "v1,???") },
			"behind a hundred": func(h http.Header) {
				h.Set("webhook-signature", strings.Repeat("v1,AAAA ", 100)+h.Get("webhook-signature"))
			},
		} {
			header := signed(t, secret(1), "msg_1", noon, body)
			require.NoError(t, webhooks.Verify(secret(1), header, []byte(body), noon, 0))
			change(header)
			require.ErrorIs(t, webhooks.Verify(secret(1), header, []byte(body), noon, 0), fault.Unauthorized, name)
		}
		header := signed(t, secret(1), "msg_1", noon, body)
		require.ErrorIs(t, webhooks.Verify(secret(1), header, []byte(body+" "), noon, 0), fault.Unauthorized)
		require.ErrorIs(t, webhooks.Verify("whsec_", header, []byte(body), noon, 0), fault.Invalid)
	})

	t.Run("OldAndFutureOnesAreRefused", func(t *testing.T) {
		t.Parallel()
		header := signed(t, secret(1), "msg_1", noon, "{}")
		for offset, taken := range map[time.Duration]bool{
			0: true, 5 * time.Minute: true, -5 * time.Minute: true, 5*time.Minute + time.Second: false, -5*time.Minute - time.Second: false,
		} {
			err := webhooks.Verify(secret(1), header, []byte("{}"), noon.Add(offset), 0)
			require.Equal(t, taken, err == nil, offset)
		}
		require.ErrorIs(t, webhooks.Verify(secret(1), header, []byte("{}"), noon.Add(2*time.Second), time.Second), fault.Unauthorized)
	})
}

func TestReceiver(t *testing.T) {
	t.Parallel()

	t.Run("TellsRepeats", func(t *testing.T) {
		t.Parallel()
		c := &clock{now: noon}
		receiver := webhooks.NewReceiver(c, secret(1))
		require.NoError(t, receiver.Accept(signed(t, secret(1), "msg_1", noon, "{}"), []byte("{}")))
		require.ErrorIs(t, receiver.Accept(signed(t, secret(1), "msg_1", noon, "{}"), []byte("{}")), fault.Conflict)
		require.NoError(t, receiver.Accept(signed(t, secret(1), "msg_2", noon, "{}"), []byte("{}")))
		c.forward(24 * time.Hour)
		require.ErrorIs(t, receiver.Accept(signed(t, secret(1), "msg_1", noon, "{}"), []byte("{}")), fault.Unauthorized, "replayed")
		require.ErrorIs(t, receiver.Accept(signed(t, secret(1), "msg_1", c.Now(), "{}"), []byte("{}")), fault.Conflict, "tried again")
	})

	t.Run("ForgetsInTheEnd", func(t *testing.T) {
		t.Parallel()
		c := &clock{now: noon}
		receiver := webhooks.NewReceiver(c, secret(1))
		for _, id := range []string{"msg_1", "msg_2"} {
			require.NoError(t, receiver.Accept(signed(t, secret(1), id, c.Now(), "{}"), []byte("{}")))
			c.forward(8 * 24 * time.Hour)
		}
		require.NoError(t, receiver.Accept(signed(t, secret(1), "msg_1", c.Now(), "{}"), []byte("{}")))
	})
}
