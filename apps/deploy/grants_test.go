package deploy_test

import (
	"fmt"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
)

// grants is everything that a role may do, and what it is denied: role, effect, action, resource, and the whole condition: its
// operator decides as much as the partitions do. ${Key} stands for the SSM parameter with the key for Claude. A change of the template's rights is a change of this
// table.
const grants = `
ApiRole Allow dynamodb:Query ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* tenants global provider active outbox calibration businesses business/* access session/* once/* audit/* budgets webhooks webhook-due webhook-deliveries/*
ApiRole Allow dynamodb:BatchGetItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* tenants global provider active outbox calibration businesses business/* access session/* once/* audit/* budgets webhooks webhook-due webhook-deliveries/*
ApiRole Allow dynamodb:ConditionCheckItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* tenants global provider active outbox calibration businesses business/* access session/* once/* audit/* budgets webhooks webhook-due webhook-deliveries/*
ApiRole Allow dynamodb:PutItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* tenants global provider active outbox businesses business/* access session/* once/* audit/* budgets webhooks webhook-due webhook-deliveries/*
ApiRole Allow dynamodb:DeleteItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys active business/* access session/* once/* webhook-due
ApiRole Allow dynamodb:GetItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* tenants global provider active outbox calibration businesses business/* access session/* once/* audit/* budgets webhooks webhook-due webhook-deliveries/*
ApiRole Allow logs:PutLogEvents ${ApiLogs.Arn}
ApiRole Allow logs:CreateLogStream ${ApiLogs.Arn}
ApiRole Allow sqs:SendMessage ${Parcels.Arn}
ApiRole Deny dynamodb:UpdateItem ${Table.Arn} ForAnyValue:StringLike dynamodb:LeadingKeys job/*/l* audit/*
ApiRole Deny dynamodb:DeleteItem ${Table.Arn} ForAnyValue:StringLike dynamodb:LeadingKeys job/*/l* audit/*
SweeperRole Allow dynamodb:Query ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider active outbox collections calibration businesses business/* webhooks webhook-due webhook-deliveries/*
SweeperRole Allow dynamodb:PutItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider outbox collections calibration businesses business/* webhooks webhook-due webhook-deliveries/*
SweeperRole Allow dynamodb:BatchGetItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider active outbox collections calibration businesses business/* webhooks webhook-due webhook-deliveries/*
SweeperRole Allow dynamodb:GetItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider active outbox collections calibration businesses business/* webhooks webhook-due webhook-deliveries/*
SweeperRole Allow dynamodb:ConditionCheckItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider active outbox collections calibration businesses business/* webhooks webhook-due webhook-deliveries/*
SweeperRole Allow dynamodb:DeleteItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys active outbox collections business/* webhook-due
SweeperRole Allow logs:CreateLogStream ${SweeperLogs.Arn}
SweeperRole Allow logs:PutLogEvents ${SweeperLogs.Arn}
SweeperRole Allow sqs:ReceiveMessage ${DeadLetters.Arn}
SweeperRole Allow sqs:DeleteMessage ${DeadLetters.Arn}
SweeperRole Allow sqs:SendMessage ${Parcels.Arn}
SweeperRole Allow sqs:GetQueueAttributes ${DeadLetters.Arn}
SweeperRole Allow ssm:GetParameters arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${Key}
SweeperRole Deny dynamodb:DeleteItem ${Table.Arn} ForAnyValue:StringLike dynamodb:LeadingKeys job/*/l* audit/*
SweeperRole Deny dynamodb:UpdateItem ${Table.Arn} ForAnyValue:StringLike dynamodb:LeadingKeys job/*/l* audit/*
WorkerRole Allow dynamodb:DeleteItem ${Table.Arn} ForAllValues:StringEquals dynamodb:LeadingKeys active
WorkerRole Allow dynamodb:ConditionCheckItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider active outbox
WorkerRole Allow dynamodb:PutItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider outbox
WorkerRole Allow dynamodb:GetItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider active outbox
WorkerRole Allow dynamodb:Query ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider active outbox
WorkerRole Allow dynamodb:BatchGetItem ${Table.Arn} ForAllValues:StringLike dynamodb:LeadingKeys job/* tenant/* global provider active outbox
WorkerRole Allow logs:CreateLogStream ${WorkerLogs.Arn}
WorkerRole Allow logs:PutLogEvents ${WorkerLogs.Arn}
WorkerRole Allow sqs:ReceiveMessage ${Parcels.Arn}
WorkerRole Allow sqs:SendMessage ${Parcels.Arn}
WorkerRole Allow sqs:DeleteMessage ${Parcels.Arn}
WorkerRole Allow sqs:GetQueueAttributes ${Parcels.Arn}
WorkerRole Allow ssm:GetParameters arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${Key}
WorkerRole Deny dynamodb:UpdateItem ${Table.Arn} ForAnyValue:StringLike dynamodb:LeadingKeys job/*/l* audit/*
WorkerRole Deny dynamodb:DeleteItem ${Table.Arn} ForAnyValue:StringLike dynamodb:LeadingKeys job/*/l* audit/*
`

// exactGrants: no right more than in the table, and none less.
func exactGrants(s *deploy.Stack) (list []string) {
	unseen := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(grants), "\n") {
		unseen[line] = true
	}
	for _, st := range statements(s) {
		for _, action := range st.actions {
			for _, resource := range st.resources {
				line := fmt.Sprintf("%s %s %s %s%s", st.role, st.effect, action, resource, st.condition)
				line = strings.Replace(line, s.Variables(deploy.Worker)["MB_CLAUDE_KEY_PARAMETER"], "${Key}", 1)
				complain(&list, !unseen[line], "not in the table: %s", line)
				delete(unseen, line)
			}
		}
	}
	for line := range unseen {
		list = append(list, "not in the template: "+line)
	}
	return list
}
