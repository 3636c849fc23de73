package deploy_test

import (
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
)

// noWildcards: not in an action, not in a resource, nor around them.
func noWildcards(s *deploy.Stack) (list []string) {
	for name, r := range s.Resources {
		wild(name, r.Properties, &list)
		complain(&list, r.Properties["ManagedPolicyArns"] != nil, "%s: a managed policy is somebody else's word", name)
		complain(&list, r.Type == "AWS::IAM::Policy" || r.Type == "AWS::IAM::ManagedPolicy", "%s: rights stand in roles", name)
	}
	return list
}

func wild(name string, value any, list *[]string) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			wild(name, item, list)
		}
	case map[string]any:
		for key, item := range v {
			complain(list, strings.HasPrefix(key, "Not") && v["Effect"] != nil, "%s: %s", name, key)
			for _, text := range texts(item) {
				complain(list, (key == "Action" || key == "Resource") && strings.Contains(text, "*"), "%s: %s %s", name, key, text)
			}
			wild(name, item, list)
		}
	}
}

// ledgerIsSafe: nobody can delete or update where things are only ever added, and that is denied besides.
func ledgerIsSafe(s *deploy.Stack) (list []string) {
	for _, partition := range []string{"job/0197-a/l00", "job/0197-a/l31", "audit/2026-11"} {
		denied := map[string]bool{}
		for _, st := range statements(s) {
			for _, action := range []string{"dynamodb:DeleteItem", "dynamodb:UpdateItem"} {
				if st.effect == "Deny" && st.covers(action, partition) {
					denied[st.role+action] = true
				}
				complain(&list, st.effect == "Allow" && st.covers(action, partition), "%s may %s in %s", st.role, action, partition)
			}
		}
		for _, role := range s.Typed("AWS::IAM::Role") {
			complain(&list, !denied[role+"dynamodb:DeleteItem"] || !denied[role+"dynamodb:UpdateItem"], "%s: no denial for %s", role, partition)
		}
	}
	for _, st := range statements(s) {
		for _, action := range st.actions {
			unbound := strings.HasPrefix(action, "dynamodb:") && (len(st.keys) == 0 || !st.binds())
			complain(&list, st.effect == "Allow" && unbound, "%s: %s is bound to no partition", st.role, action)
		}
	}
	return list
}

// writtenIsRead: what a role puts or deletes it may read in each way. A write whose outcome was lost is read, and a transaction checks
// what it has read.
func writtenIsRead(s *deploy.Stack) (list []string) {
	for _, st := range statements(s) {
		if st.effect != "Allow" || !slices.Contains(st.actions, "dynamodb:PutItem") && !slices.Contains(st.actions, "dynamodb:DeleteItem") {
			continue
		}
		for _, key := range st.keys {
			for _, action := range []string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem"} {
				may := slices.ContainsFunc(statements(s), func(other statement) bool {
					return other.role == st.role && other.effect == "Allow" && other.binds() && slices.Contains(other.actions, action) && slices.Contains(other.keys, key)
				})
				complain(&list, !may, "%s may write to %s and has no %s there", st.role, key, action)
			}
		}
	}
	return list
}

// keysGoWhereNeeded: a role reads exactly the SSM parameters that its function's variables name.
func keysGoWhereNeeded(s *deploy.Stack) (list []string) {
	for f := range functions() {
		var wanted, granted []string
		for name, value := range s.Variables(f) {
			if strings.HasSuffix(name, "_PARAMETER") {
				wanted = append(wanted, "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter"+value)
			}
		}
		for _, st := range statements(s) {
			if st.role == id(property(s, f, "Role")) && strings.HasPrefix(st.actions[0], "ssm:") {
				granted = append(granted, st.resources...)
			}
		}
		slices.Sort(wanted)
		slices.Sort(granted)
		complain(&list, !slices.Equal(wanted, granted), "%s needs %v and may read %v", f, wanted, granted)
	}
	return list
}
