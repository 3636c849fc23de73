package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// businesses makes so many in the store of the shop, and returns their ids.
func (s *shop) businesses(n int) (ids []string) {
	s.Helper()
	token := s.token("operator")
	v := s.serving()
	for range n {
		a := v.ask(token, http.MethodPost, "/api/businesses", map[string]any{"name": "Corner Bakery", "industry_type": "Bakery"})
		require.Equal(s, http.StatusCreated, a.StatusCode, a.body)
		ids = append(ids, a.Header.Get("Location")[len("/api/businesses/"):])
	}
	v.end().want(exitDone)
	return ids
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	bakery := s.businesses(1)[0]
	made := s.run(s.on("tokens", "create", "--name", "nightly", "--role", "operator", "--business", bakery, "--expires", "30d")...).want(exitDone)
	require.Regexp(t, `^mbt_[0-9a-f]{12}_[0-9a-f]{64}\n$`, made.stdout, "the token alone")
	text := strings.TrimSuffix(made.stdout, "\n")
	require.NotContains(t, made.stderr, text)
	require.Contains(t, made.stderr, "nightly, operator) of "+bakery)

	var list []token
	require.NoError(t, json.Unmarshal([]byte(s.run(s.on("tokens", "list", "--json")...).want(exitDone).stdout), &list))
	require.Len(t, list, 2)
	list = list[1:]
	require.Equal(t, "active", list[0].Status)
	require.Equal(t, []string{bakery}, list[0].Businesses)
	require.True(t, strings.HasPrefix(text, list[0].Prefix))
	shown := s.run(s.on("tokens", "list")...).want(exitDone).stdout
	require.Contains(t, shown, "nightly")
	require.NotContains(t, shown, text)

	v := s.serving()
	require.Equal(t, http.StatusOK, v.ask(text, http.MethodGet, "/api/me", nil).StatusCode)
	s.run(s.on("tokens", "revoke", list[0].ID)...).want(exitUsage).complains("POST " + v.url + "/api/principals makes tokens")
	v.end().want(exitDone)

	require.Contains(t, s.run(s.on("tokens", "revoke", list[0].ID)...).want(exitDone).stdout, "is revoked")
	require.Contains(t, s.run(s.on("tokens", "list")...).want(exitDone).stdout, "revoked")
	v = s.serving()
	require.Equal(t, http.StatusUnauthorized, v.ask(text, http.MethodGet, "/api/me", nil).StatusCode)
}

func TestTokensRefuses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(s.on("tokens", "list")...).want(exitUsage).complains("there is no store file")
	create := func(more ...string) []string { return s.on(append([]string{"tokens", "create"}, more...)...) }
	for _, test := range []struct {
		args []string
		want string
	}{
		{create("--role", "admin"), "--name is missing"},
		{create("--name", "a"), "--role is missing"},
		{create("--name", "a", "--role", "root"), "--role \"root\" is none"},
		{create("--name", "a", "--role", "admin", "--expires", "366d"), "--expires \"366d\""},
		{create("--name", "a", "--role", "admin", "--expires", "0d"), "--expires \"0d\""},
		{create("--name", "a", "--role", "admin", "--expires", "soon"), "--expires \"soon\""},
		{create("--name", "a", "--role", "admin", "--expires", "99999999999d"), "--expires"},
		{create("--name", "a", "--role", "admin", "--business", "a b"), "business_ids"},
		{create("--name", strings.Repeat("a", 81), "--role", "admin"), "1 to 80 characters"},
	} {
		s.run(test.args...).want(exitUsage).complains(test.want)
	}
	s.run(create("--name", "a", "--role", "viewer", "--business", "acme")...).want(exitUsage).complains("there is no such business")
	s.token("viewer")
	four := s.businesses(4)
	s.token("operator", "--business", four[0], "--business", four[1], "--business", four[2], "--business", four[3], "--expires", "12h")
	require.Contains(t, s.run(s.on("tokens", "list")...).want(exitDone).stdout, "4 businesses")
	s.run(s.on("tokens", "revoke", "nobody")...).want(exitUsage).complains("there is no such token: mb tokens list")
	s.run(s.on("tokens", "revoke", "a/b")...).want(exitUsage).complains("there is no such token")
}

// A name is one line of a list, whatever a store has it as.
func TestTokensAreALineEach(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{world: world{stdout: &out}}
	require.NoError(t, a.tokens([]token{{ID: "one", Name: "nightly\nforged\tmbt_0\tadmin\tactive\r\x1b[2K"}}))
	require.Equal(t, 2, strings.Count(out.String(), "\n"), out.String())
	require.Contains(t, out.String(), "nightly?forged?mbt_0?admin?active??[2K\n")

	s := newShop(t)
	made := s.run(s.on("tokens", "create", "--name", "night\n\tly", "--role", "admin")...).want(exitDone)
	require.Contains(t, made.stderr, "(night ly, admin)")
	s.run(s.on("tokens", "create", "--name", "\u202enightly", "--role", "admin")...).want(exitUsage).complains("name")
}
