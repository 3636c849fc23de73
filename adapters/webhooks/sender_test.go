package webhooks_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

func TestSend(t *testing.T) {
	t.Parallel()

	t.Run("ADeliveryCanBeVerified", func(t *testing.T) {
		t.Parallel()
		var c *clock
		var got *http.Request
		var body []byte
		sender, c := setup(t, func(_ http.ResponseWriter, r *http.Request) {
			got = r
			body, _ = io.ReadAll(r.Body)
			c.forward(2 * time.Second)
		})
		result, err := sender.Send(t.Context(), delivery())
		require.NoError(t, err)
		require.Equal(t, webhooks.Result{Status: 200, Duration: 2 * time.Second}, result)
		require.Equal(t, "POST /marketbrewer?key=canary hooks.example.com", got.Method+" "+got.RequestURI+" "+got.Host)
		require.Equal(t, "application/json", got.Header.Get("Content-Type"))
		require.Equal(t, "msg_1", got.Header.Get("webhook-id"))
		require.Equal(t, "1782907200", got.Header.Get("webhook-timestamp"))
		require.Equal(t, `{"type":"webhook.test"}`, string(body))
		require.NoError(t, webhooks.Verify(secret(1), got.Header, body, noon, 0))
		require.Equal(t, []time.Time{noon.Add(15 * time.Second)}, c.asked)
	})

	t.Run("EachAttemptHasItsOwnTimeAndTheSameID", func(t *testing.T) {
		t.Parallel()
		var headers []string
		sender, c := setup(t, func(_ http.ResponseWriter, r *http.Request) {
			headers = append(headers, r.Header.Get("webhook-id")+" "+r.Header.Get("webhook-timestamp"))
		})
		for range 2 {
			_, err := sender.Send(t.Context(), delivery())
			require.NoError(t, err)
			c.forward(time.Hour)
		}
		require.Equal(t, []string{"msg_1 1782907200", "msg_1 1782910800"}, headers)
	})

	t.Run("StatusesHaveTheirKinds", func(t *testing.T) {
		t.Parallel()
		for status, kind := range map[int]fault.Kind{
			200: "", 201: "", 204: "", 299: "", 304: fault.Rejected, 400: fault.Rejected, 404: fault.Rejected, 410: fault.Rejected,
			429: fault.Throttled, 500: fault.Unavailable, 503: fault.Unavailable,
		} {
			sender, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			result, err := sender.Send(t.Context(), delivery())
			require.Equal(t, kind, fault.KindOf(err), status)
			require.Equal(t, status, result.Status)
			require.Equal(t, map[bool]string{true: "", false: "status"}[kind == ""], result.Failure)
			require.False(t, fault.Unknown(err))
		}
	})

	t.Run("ARedirectIsAFailureAndNotFollowed", func(t *testing.T) {
		t.Parallel()
		for _, status := range []int{301, 302, 303, 307, 308} {
			var requests atomic.Int32
			sender, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				w.Header().Set("Location", "https://hooks.example.com/internal")
				w.WriteHeader(status)
			})
			result, err := sender.Send(t.Context(), delivery())
			require.ErrorIs(t, err, fault.Rejected)
			require.Equal(t, status, result.Status)
			require.Equal(t, int32(1), requests.Load())
		}
	})

	t.Run("RetryAfterIsReadAndCapped", func(t *testing.T) {
		t.Parallel()
		for value, wait := range map[string]time.Duration{
			"": 0, "120": 2 * time.Minute, "0": 0, "86401": 24 * time.Hour, "99999999999999999999": 24 * time.Hour, "-5": 0, "1.5": 0, "soon": 0,
			"Wed, 01 Jul 2026 13:30:00 GMT": time.Hour, "Wed, 01 Jul 2026 12:00:00 GMT": 0, "Fri, 01 Jan 2027 00:00:00 GMT": 24 * time.Hour,
		} {
			sender, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", "Wed, 01 Jul 2026 12:30:00 GMT") // half an hour ahead of ours
				w.Header().Set("Retry-After", value)
				w.WriteHeader(http.StatusServiceUnavailable)
			})
			result, err := sender.Send(t.Context(), delivery())
			require.Equal(t, wait, result.RetryAfter, value)
			require.Equal(t, wait, fault.RetryAfter(err), value)
		}
	})

	t.Run("ADateWithoutADateOfItsOwnIsMeasuredByOurClock", func(t *testing.T) {
		t.Parallel()
		sender, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Date"] = nil
			w.Header().Set("Retry-After", "Wed, 01 Jul 2026 12:10:00 GMT")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		result, err := sender.Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Throttled)
		require.Equal(t, 10*time.Minute, result.RetryAfter)
	})

	t.Run("WhatBreaksARuleIsNotSent", func(t *testing.T) {
		t.Parallel()
		sender := webhooks.New(&clock{now: noon}, nil)
		for name, change := range map[string]func(d *webhooks.Delivery){
			"no id":          func(d *webhooks.Delivery) { d.ID = "" },
			"dotted id":      func(d *webhooks.Delivery) { d.ID = "msg.1" },
			"long id":        func(d *webhooks.Delivery) { d.ID = strings.Repeat("m", 65) },
			"large body":     func(d *webhooks.Delivery) { d.Body = make([]byte, webhooks.MaxBody+1) },
			"plain url":      func(d *webhooks.Delivery) { d.URL = "http://hooks.example.com/" },
			"literal":        func(d *webhooks.Delivery) { d.URL = "https://127.0.0.1/" },
			"no secret":      func(d *webhooks.Delivery) { d.Secrets = nil },
			"unknown secret": func(d *webhooks.Delivery) { d.Secrets = []ports.Secret{"canary"} },
			"short secret":   func(d *webhooks.Delivery) { d.Secrets = []ports.Secret{"whsec_Y2FuYXJ5"} },
		} {
			d := delivery()
			change(&d)
			result, err := sender.Send(t.Context(), d)
			require.ErrorIs(t, err, fault.Invalid, name)
			require.NotContains(t, err.Error(), "canary")
			require.Equal(t, webhooks.Result{Failure: backoffice.FailureRequest}, result, name)
		}
	})

	t.Run("AnEndedContextPassesThrough", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		sender, _ := setup(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
		})
		_, err := sender.Send(ctx, delivery())
		require.Equal(t, context.Canceled, err)
	})
}

func TestSendBounds(t *testing.T) {
	t.Parallel()

	t.Run("AnEndlessAnswerIsCut", func(t *testing.T) {
		t.Parallel()
		written := make(chan int, 1)
		sender, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			n, chunk := 0, make([]byte, 64<<10)
			for n < 10<<30 {
				m, err := w.Write(chunk)
				n += m
				if err != nil {
					break
				}
			}
			written <- n
		})
		result, err := sender.Send(t.Context(), delivery())
		require.NoError(t, err)
		require.Equal(t, 200, result.Status)
		require.Less(t, <-written, 64<<20, "the rest stays in the buffers of the system")
	})

	t.Run("AnAnswerThatTricklesEndsWithTheTime", func(t *testing.T) {
		t.Parallel()
		sender, c := setup(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = w.Write([]byte("."))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		c.endAt = 2 // the sender looks at the clock when the header has come
		result, err := sender.Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.True(t, fault.Unknown(err))
		require.Equal(t, webhooks.Result{Status: 200, Failure: "timeout"}, result)
	})

	t.Run("NoAnswerAtAllEndsWithTheTime", func(t *testing.T) {
		t.Parallel()
		var c *clock
		sender, c := setup(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the sender goes
			c.expire()
			<-r.Context().Done()
		})
		result, err := sender.Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.True(t, fault.Unknown(err))
		require.Equal(t, webhooks.Result{Failure: "timeout"}, result)
	})

	t.Run("ASilentPartyEndsWithTheTime", func(t *testing.T) {
		t.Parallel()
		var c *clock
		options, c := listen(t, func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1)) // the first byte of the handshake
			c.expire()
			_, _ = io.Copy(io.Discard, conn)
		})
		options.Timeout = time.Hour
		result, err := webhooks.New(c, options).Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.Equal(t, "timeout", result.Failure)
		require.Equal(t, []time.Time{noon.Add(time.Hour)}, c.asked)
	})

	t.Run("AnEndlessHeaderIsCut", func(t *testing.T) {
		t.Parallel()
		sender, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 2*webhooks.MaxAnswer))
		})
		result, err := sender.Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.Equal(t, webhooks.Result{Failure: "connection"}, result)
	})

	t.Run("ABodyThatBreaksOffChangesNothing", func(t *testing.T) {
		t.Parallel()
		sender, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("short"))
		})
		result, err := sender.Send(t.Context(), delivery())
		require.NoError(t, err)
		require.Equal(t, 200, result.Status)
	})
}

func TestSendConnection(t *testing.T) {
	t.Parallel()

	t.Run("ABrokenConnectionMayHaveDelivered", func(t *testing.T) {
		t.Parallel()
		sender, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.Close()
		})
		result, err := sender.Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.True(t, fault.Unknown(err))
		require.Equal(t, "connection", result.Failure)
	})

	t.Run("AnUnknownAuthorityIsRefused", func(t *testing.T) {
		t.Parallel()
		options, c := serve(t, func(http.ResponseWriter, *http.Request) { panic("nothing is sent") })
		options.RootCAs = nil
		result, err := webhooks.New(c, options).Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.Equal(t, "tls", result.Failure)
	})

	t.Run("AnotherNamesCertificateIsRefused", func(t *testing.T) {
		t.Parallel()
		sender, _ := setup(t, func(http.ResponseWriter, *http.Request) { panic("nothing is sent") })
		d := delivery()
		d.URL = "https://hooks.example.org/"
		result, err := sender.Send(t.Context(), d)
		require.ErrorIs(t, err, fault.Unavailable)
		require.False(t, fault.Unknown(err))
		require.Equal(t, "tls", result.Failure)
	})

	t.Run("APlainServerIsRefused", func(t *testing.T) {
		t.Parallel()
		options, c := listen(t, func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1024))
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
		})
		result, err := webhooks.New(c, options).Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.Equal(t, "tls", result.Failure)
	})

	t.Run("NobodyListens", func(t *testing.T) {
		t.Parallel()
		at := netip.MustParseAddrPort("127.0.0.1:1") // a port that was free a moment ago may be another test's by now; this one is given to nobody
		sender := webhooks.New(&clock{now: noon}, &webhooks.Options{
			Route: func(context.Context, string) ([]netip.AddrPort, error) { return []netip.AddrPort{at}, nil },
			Allow: func(netip.AddrPort) bool { return true },
		})
		result, err := sender.Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.False(t, fault.Unknown(err))
		require.Equal(t, webhooks.Result{Failure: "connection"}, result)
	})

	t.Run("TheNextAddressIsTried", func(t *testing.T) {
		t.Parallel()
		options, c := serve(t, func(http.ResponseWriter, *http.Request) {})
		good, err := options.Route(t.Context(), "")
		require.NoError(t, err)
		options.Route = func(context.Context, string) ([]netip.AddrPort, error) {
			return append([]netip.AddrPort{netip.MustParseAddrPort("10.0.0.5:443")}, good...), nil
		}
		_, err = webhooks.New(c, options).Send(t.Context(), delivery())
		require.NoError(t, err)
	})

	t.Run("ANameThatLeadsNowhere", func(t *testing.T) {
		t.Parallel()
		for _, lookUp := range []error{nil, &net.DNSError{Err: "no such host", Name: "canary"}} {
			sender := webhooks.New(&clock{now: noon}, &webhooks.Options{
				Route: func(context.Context, string) ([]netip.AddrPort, error) { return nil, lookUp },
			})
			result, err := sender.Send(t.Context(), delivery())
			require.ErrorIs(t, err, fault.Unavailable)
			require.NotContains(t, err.Error(), "canary")
			require.Equal(t, webhooks.Result{Failure: "name"}, result)
		}
	})

	t.Run("ALookUpThatFailsOtherwise", func(t *testing.T) {
		t.Parallel()
		sender := webhooks.New(&clock{now: noon}, &webhooks.Options{
			Route: func(context.Context, string) ([]netip.AddrPort, error) { return nil, errors.New("no network") },
		})
		result, err := sender.Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.Equal(t, webhooks.Result{Failure: "connection"}, result)
	})
}
