package work

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Voice is Claude, behind a guard, with the key from the Parameter Store. It needs an Access, settings.Claude and
// settings.Calls, a watch, a clock and ids.
var Voice = wire.NewSet(NewSSM, NewSecrets, NewClaude, NewModel, wire.Bind(new(ports.BatchModel), new(*claudemodel.Model)))

// NewSSM returns a client. It sends nothing.
func NewSSM(a *cloud.Access) *ssm.Client { return ssm.NewFromConfig(a.For("SSM")) }

// NewSecrets returns the secrets that calls need. They are read when somebody needs them, or begins to.
func NewSecrets(client *ssm.Client, c settings.Claude, w *cloud.Watch, clock ports.Clock, ids ports.IDs) *ssmsecrets.Secrets {
	return ssmsecrets.New(client, []string{c.KeyParameter}, clock, ids, &ssmsecrets.Options{Observer: w})
}

// NewClaude returns the client of Claude. A key that is refused is read again.
func NewClaude(c settings.Claude, calls settings.Calls, secrets *ssmsecrets.Secrets) (*claudemodel.Model, error) {
	return claudemodel.New("", &claudemodel.Options{
		BaseURL: c.BaseURL, Timeout: calls.CallTimeout,
		Key: func(ctx context.Context, refused ports.Secret) (ports.Secret, error) {
			return secrets.Renewed(ctx, c.KeyParameter, refused)
		},
	})
}

// NewModel puts the guard around Claude.
func NewModel(claude *claudemodel.Model, w *cloud.Watch, clock ports.Clock) ports.Model {
	return guardmodel.New(claude, clock, &guardmodel.Options{Observer: w})
}
