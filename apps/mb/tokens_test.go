package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	made := s.run(s.on("tokens", "create", "--name", "nightly", "--role", "operator", "--business", "corner-bakery", "--expires", "30d")...).want(exitDone)
	require.Regexp(t, `^mbt_[0-9a-f]{12}_[0-9a-f]{64}\n$`, made.stdout, "the token alone")
	text := strings.TrimSuffix(made.stdout, "\n")
	require.NotContains(t, made.stderr, text)
	require.Contains(t, made.stderr, "nightly, operator) of corner-bakery")

	var list []token
	require.NoError(t, json.Unmarshal([]byte(s.run(s.on("tokens", "list", "--json")...).want(exitDone).stdout), &list))
	require.Len(t, list, 1)
	require.Equal(t, "active", list[0].Status)
	require.Equal(t, []string{"corner-bakery"}, list[0].Businesses)
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
	s.token("viewer")
	s.token("operator", "--business", "a", "--business", "b", "--business", "c", "--business", "d", "--expires", "12h")
	require.Contains(t, s.run(s.on("tokens", "list")...).want(exitDone).stdout, "4 businesses")
	s.run(s.on("tokens", "revoke", "nobody")...).want(exitUsage).complains("there is no such token: mb tokens list")
	s.run(s.on("tokens", "revoke", "a/b")...).want(exitUsage).complains("there is no such token")
}
