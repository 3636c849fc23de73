package webhooks_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestGuard(t *testing.T) {
	t.Parallel()

	t.Run("NoOtherAddressAndPort", func(t *testing.T) {
		t.Parallel()
		for _, at := range []string{
			"10.0.0.5:443", "127.0.0.1:443", "169.254.169.254:443", "100.64.1.1:443", "0.0.0.0:443", "255.255.255.255:443",
			"[::1]:443", "[::ffff:10.0.0.5]:443", "[64:ff9b::a00:5]:443", "[fe80::1]:443", "[fd00:ec2::254]:443", "[2002:a00:5::1]:443",
			"8.8.8.8:22", "8.8.8.8:80", "[2606:4700::1111]:8443",
		} {
			sender := webhooks.New(&clock{now: noon}, &webhooks.Options{
				Route: func(_ context.Context, host string) ([]netip.AddrPort, error) {
					require.Equal(t, "hooks.example.com", host)
					return []netip.AddrPort{netip.MustParseAddrPort(at)}, nil
				},
			})
			result, err := sender.Send(t.Context(), delivery())
			require.ErrorIs(t, err, fault.Rejected, at)
			require.NotContains(t, err.Error(), "10.0")
			require.Equal(t, webhooks.Result{Failure: "address"}, result)
		}
	})

	t.Run("APublicNameOfAPrivateAddress", func(t *testing.T) {
		t.Parallel()
		names := &nameServer{answers: []netip.Addr{netip.MustParseAddr("10.0.0.5")}}
		result, err := webhooks.New(&clock{now: noon}, &webhooks.Options{Resolver: names.resolver()}).Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Rejected)
		require.Equal(t, "address", result.Failure)
	})

	t.Run("ANameThatChangesItsMind", func(t *testing.T) {
		t.Parallel()
		names := &nameServer{answers: []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("127.0.0.1")}}
		resolver := names.resolver()
		first, err := resolver.LookupNetIP(t.Context(), "ip4", "hooks.example.com")
		require.NoError(t, err)
		require.Equal(t, "[8.8.8.8]", formatted(first), "who looks before sees a public address")
		result, err := webhooks.New(&clock{now: noon}, &webhooks.Options{Resolver: resolver}).Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Rejected)
		require.Equal(t, "address", result.Failure)
	})

	t.Run("AnUnknownName", func(t *testing.T) {
		t.Parallel()
		names := &nameServer{}
		result, err := webhooks.New(&clock{now: noon}, &webhooks.Options{Resolver: names.resolver()}).Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Unavailable)
		require.Equal(t, "name", result.Failure)
	})
}

func formatted(addresses []netip.Addr) string {
	text := "["
	for _, a := range addresses {
		text += a.Unmap().String()
	}
	return text + "]"
}

// nameServer answers questions for IPv4 addresses with one address after the other, the last one again and again; other
// questions with nothing. It speaks DNS over a stream, within the process.
type nameServer struct {
	mu      sync.Mutex
	answers []netip.Addr
}

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go s.serve(there)
		return here, nil
	}}
}

func (s *nameServer) serve(conn net.Conn) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer := s.answer(query)
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}
}

// answer is the header, the question and, for an A question, one record whose name points at the question's (RFC 1035, 4.1).
func (s *nameServer) answer(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	isA := binary.BigEndian.Uint16(query[end-4:]) == 1
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isA || len(s.answers) == 0 {
		return answer
	}
	ip := s.answers[0].As4()
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	answer[7] = 1
	answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(answer, ip[:]...)
}
