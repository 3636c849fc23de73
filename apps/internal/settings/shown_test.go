package settings_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// canary is in every secret of these tests.
const canary = "CANARY"

func TestShown(t *testing.T) {
	t.Parallel()
	for _, plain := range []string{
		"", "dev", "task-7", "/marketbrewer/prod/claude-key", "https://sqs.us-east-1.amazonaws.com/111122223333/parcels", "ann@example.com",
		"marketbrewer-staging-Table-1ABCDEF2GHIJ", strings.Repeat("a", 40), strings.Repeat("7", 40),
	} {
		require.Equal(t, `"`+plain+`"`, settings.Shown(plain))
	}
	for _, key := range []string{
		"sk-ant-api03-CANARY", "/sk-ant-CANARY", "xsk-ant-CANARY", "mbt_CANARY", "Bearer mbt_CANARY", "whsec_CANARY", "AKIACANARY", "ghp_CANARY", "eyJCANARY.x",
		"-----BEGIN CANARY", "https://ann:CANARY@claude.example.com", "ftp://CANARY@x", "x=CANARYabcdefghijklmnopqrstuvwxyz0", "wJalrXUtnFEMI/K7MDENG/CANARYaaaaaaaaaaaaaaaaaaaaaaaaa1",
	} {
		require.NotContains(t, settings.Shown(key), canary, key)
		require.Contains(t, settings.Shown(key), "bytes, not shown: they may be a secret", key)
	}
}

func TestParameterNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"/key", "/marketbrewer/dev/claude-key", "/a.b/C_d/9", "/task-1/key"} {
		require.True(t, settings.IsParameterName(name), name)
	}
	for _, name := range []string{"", "key", "/", "/a/", "//a", "/a//b", "/a b", "/a+b", "/a=", "/ä", "sk-ant-api03-x", "/sk-ant-api03-x", "/keys/sk-ant-x", "/" + strings.Repeat("a", 1011)} {
		require.False(t, settings.IsParameterName(name), name)
	}
}

// TestNoVariableShowsASecret: a key that is pasted into any variable, or an address with a password, is in no answer.
func TestNoVariableShowsASecret(t *testing.T) {
	t.Parallel()
	secrets := []string{
		"sk-ant-api03-CANARY", "/sk-ant-api03-CANARY", "ftp://ann:CANARY@claude.example.com", "http://CANARY:x@claude.example.com", "http://ann:CANARY@claude.example.com",
		"https://ann:CANARY@claude example.com", "ht!tp://ann:CANARY@x", "://ann:CANARY@x", "ann:CANARY@claude.example.com", "https:ann:CANARY@x", "https://?key=CANARY", "//ann:CANARY@x",
	}
	for _, secret := range secrets {
		for _, v := range settings.Variables[settings.Worker]() {
			_, err := settings.FromMap[settings.Worker](with(worker(), v.Name, secret))
			quiet(t, v.Name, secret, err)
		}
		for _, v := range settings.Variables[settings.Sweeper]() {
			_, err := settings.FromMap[settings.Sweeper](with(sweeper(), v.Name, secret))
			quiet(t, v.Name, secret, err)
		}
		for _, v := range settings.Variables[settings.API]() {
			_, err := settings.FromMap[settings.API](with(shared(), v.Name, secret))
			quiet(t, v.Name, secret, err)
		}
	}
	for _, secret := range secrets[:2] {
		_, err := settings.FromMap[settings.Worker](with(worker(), "MB_CLAUDE_KEY_PARAMETER", secret))
		require.ErrorContains(t, err, "MB_CLAUDE_KEY_PARAMETER is no full name of a parameter", "it would be sent as one")
	}
}

func quiet(t *testing.T, name, secret string, err error) {
	t.Helper()
	if err != nil {
		require.NotContains(t, err.Error(), canary, "%s=%s", name, secret)
	}
}
