package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// functions are the template's functions and the settings that each is told.
func functions() map[string][]settings.Variable {
	return map[string][]settings.Variable{
		deploy.Worker: settings.Variables[settings.Worker](), deploy.Sweeper: settings.Variables[settings.Sweeper](), deploy.API: settings.Variables[settings.API](),
	}
}

// parameters are the least that a deployment of a stage is made with.
func parameters(stage string) map[string]string {
	return map[string]string{
		"Stage": stage, "Release": "v1-1", "CodeBucket": "code", "CodePrefix": "v1", "AlarmTopic": "arn:aws:sns:us-east-1:111122223333:alarms",
		"ClaudeKeyParameter": "/marketbrewer/" + stage + "/claude-key", "AllowedDomains": "example.com",
	}
}

// stack resolves a template for a stage.
func stack(t *testing.T, template *deploy.Template, stage string) *deploy.Stack {
	t.Helper()
	s, err := template.Resolve(parameters(stage))
	require.NoError(t, err)
	return s
}

// at walks down maps and lists; nil when there is nothing.
func at(value any, path ...any) any {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			m, _ := value.(map[string]any)
			value = m[key]
		case int:
			list, _ := value.([]any)
			if key >= len(list) {
				return nil
			}
			value = list[key]
		}
	}
	return value
}

// property is one of a resource of a resolved stack.
func property(s *deploy.Stack, id string, path ...any) any {
	return at(s.Resources[id].Properties, path...)
}

// texts is a text, or a list of them, as a list.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		list := make([]string, len(v))
		for i := range v {
			list[i], _ = v[i].(string)
		}
		return list
	}
	return nil
}

// id is the logical id in a reference such as ${Worker.Arn}.
func id(reference any) string {
	text, _ := reference.(string)
	name, _, _ := strings.Cut(strings.Trim(text, "${}"), ".")
	return name
}

// statement is one of a policy. Keys are the partitions that its condition names, under its operator; condition is all of it in
// one line.
type statement struct {
	role, sid, effect  string
	actions, resources []string
	operator           string
	keys               []string
	condition          string
}

// statements are those of all roles, in order of the roles.
func statements(s *deploy.Stack) []statement {
	var list []statement
	for _, role := range s.Typed("AWS::IAM::Role") {
		policies, _ := property(s, role, "Policies").([]any)
		for _, policy := range policies {
			found, _ := at(policy, "PolicyDocument", "Statement").([]any)
			for _, one := range found {
				list = append(list, read(role, one))
			}
		}
	}
	return list
}

func read(role string, from any) statement {
	st := statement{role: role, actions: texts(at(from, "Action")), resources: texts(at(from, "Resource"))}
	st.sid, _ = at(from, "Sid").(string)
	st.effect, _ = at(from, "Effect").(string)
	conditions, _ := at(from, "Condition").(map[string]any)
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		st.operator += operator
		st.keys = append(st.keys, texts(at(conditions, operator, "dynamodb:LeadingKeys"))...)
		keys, _ := conditions[operator].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			st.condition += " " + operator + " " + key + " " + strings.Join(texts(keys[key]), " ")
		}
	}
	return st
}

// matches is IAM's StringLike.
func matches(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	switch {
	case pattern[0] == '*':
		return matches(pattern[1:], text) || text != "" && matches(pattern, text[1:])
	case text == "":
		return false
	case pattern[0] == '?' || pattern[0] == text[0]:
		return matches(pattern[1:], text[1:])
	}
	return false
}

// binds reports whether a statement's condition is one that this test can judge: all keys of a request that is allowed are in
// the list, or any key of one that is denied.
func (st statement) binds() bool {
	if st.effect == "Deny" {
		return st.operator == "ForAnyValue:StringLike"
	}
	return st.operator == "ForAllValues:StringLike" || st.operator == "ForAllValues:StringEquals"
}

// covers reports whether a statement is about an action on a partition of the table.
func (st statement) covers(action, partition string) bool {
	return st.binds() && slices.Contains(st.actions, action) && slices.Contains(st.resources, "${Table.Arn}") &&
		slices.ContainsFunc(st.keys, func(pattern string) bool { return matches(pattern, partition) })
}
