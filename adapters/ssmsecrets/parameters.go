package ssmsecrets

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// parameters are the values of an answer by every name that they may have been asked for. They live for one reading.
type parameters map[string]ports.Secret

// parametersOf reads an answer. A parameter that was asked for by its ARN, or in one version of it ("name:3"), comes with
// its bare name and the rest beside it.
func parametersOf(out *ssm.GetParametersOutput) parameters {
	found := parameters{}
	for _, p := range out.Parameters {
		value := ports.Secret(strings.Trim(aws.ToString(p.Value), "\r\n")) // a file's last line break is part of no secret
		selector := strings.TrimPrefix(aws.ToString(p.Selector), ":")
		for _, name := range []string{aws.ToString(p.Name), aws.ToString(p.ARN)} {
			found[fmt.Sprint(name, ":", p.Version)] = value
			if selector == "" {
				found[name] = value
				continue
			}
			found[name+":"+selector] = value
		}
	}
	return found
}

// kept is what an answer says of a name that was asked for.
func (p parameters) kept(name string, at time.Time) kept {
	value, ok := p[name]
	switch {
	case !ok:
		return kept{at: at, missing: fault.New(fault.NotFound, "ssmsecrets: there is no parameter %s in this account and region: "+
			"create it as a SecureString (aws ssm put-parameter), or correct its name in the settings", name)}
	case strings.TrimSpace(string(value)) == "":
		return kept{at: at, missing: fault.New(fault.NotFound, "ssmsecrets: the parameter %s is empty: "+
			"put the secret's value into it (aws ssm put-parameter --overwrite)", name)}
	}
	return kept{at: at, reveal: func() ports.Secret { return value }}
}
