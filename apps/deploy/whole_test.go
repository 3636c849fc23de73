package deploy_test

import (
	_ "embed" // what stands in the template
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
)

// whole is every resource but the alarms, which have a table of their own: id, type, what becomes of it when it is deleted or
// replaced, then its properties, one a line. Tags have a check of their own, and so have the rights of roles. Words in angle
// brackets stand in stageValues. A change of the template is a change of this file.
//
//go:embed testdata/whole.txt
var whole string

// stageValues are what stages differ in.
var stageValues = map[string]map[string]string{
	"dev": {
		"MaxConcurrency": "2", "QuotaRequests": "1000", "QuotaOutput": "400000", "LogDays": "30", "LogLevel": "debug", "LambdaLevel": "DEBUG",
		"ApiRate": "20", "ApiBurst": "40", "QueueAge": "7200",
	},
	"staging": {
		"MaxConcurrency": "2", "QuotaRequests": "1000", "QuotaOutput": "400000", "LogDays": "90", "LogLevel": "info", "LambdaLevel": "INFO",
		"ApiRate": "20", "ApiBurst": "40", "QueueAge": "7200",
	},
	"prod": {
		"MaxConcurrency": "6", "QuotaRequests": "5000", "QuotaOutput": "1000000", "LogDays": "365", "LogLevel": "info", "LambdaLevel": "INFO",
		"ApiRate": "50", "ApiBurst": "100", "QueueAge": "7200",
	},
}

// filled puts the values of the stack's stage into a table.
func filled(table string, s *deploy.Stack) string {
	stage := s.Variables(deploy.Worker)["MB_STAGE"]
	table = strings.ReplaceAll(table, "<stage>", stage)
	for name, value := range stageValues[stage] {
		table = strings.ReplaceAll(table, "<"+name+">", value)
	}
	return table
}

// asWritten: the stack has the resources of the table, each with exactly these properties.
func asWritten(s *deploy.Stack) (list []string) {
	wanted := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(filled(whole, s)), "\n") {
		wanted[line] = true
	}
	for _, line := range written(s) {
		complain(&list, !wanted[line], "not in the table: %s", line)
		delete(wanted, line)
	}
	for line := range wanted {
		list = append(list, "not in the template: "+line)
	}
	return list
}

// written is the stack in the form of the table.
func written(s *deploy.Stack) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(s.Resources)) {
		r := s.Resources[name]
		if r.Type == "AWS::CloudWatch::Alarm" {
			continue
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%s %s %s %s", name, r.Type, r.Deletion, r.Replacement), " "))
		for _, property := range slices.Sorted(maps.Keys(r.Properties)) {
			if property != "Tags" && (property != "Policies" || r.Type != "AWS::IAM::Role") {
				lines = append(lines, properties(name+"."+property, r.Properties[property])...)
			}
		}
	}
	return lines
}

// properties is a property in a line, or a line for each variable of an environment.
func properties(name string, value any) (lines []string) {
	if variables, is := at(value, "Variables").(map[string]any); is {
		for _, variable := range slices.Sorted(maps.Keys(variables)) {
			lines = append(lines, name+"."+variable+" "+compact(variables[variable]))
		}
		return append(lines, fmt.Sprintf("%s of %d", name, len(value.(map[string]any))))
	}
	return []string{name + " " + compact(value)}
}

// compact is a value in one line. A number and its text are the same to CloudFormation.
func compact(value any) string {
	switch value.(type) {
	case map[string]any, []any:
		text, err := json.Marshal(value)
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	if value == "" {
		return `""`
	}
	return fmt.Sprint(value)
}
