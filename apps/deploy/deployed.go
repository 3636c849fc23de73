package deploy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// The functions of the template, by their logical ids.
const (
	Worker  = "Worker"
	Sweeper = "Sweeper"
	API     = "Api"
)

// account is what is known of the account once the stack is deployed, in a text.
var account = regexp.MustCompile(`\$\{AWS::(\w+)\}`)

// Variables are the environment of a function. A queue stands with an address, another resource with its logical id, and what
// is known of the account only once it is deployed with its name: Region, AccountId.
func (s *Stack) Variables(function string) map[string]string {
	set := map[string]string{}
	for name, value := range section(section(s.Resources[function].Properties, "Environment"), "Variables") {
		text := fmt.Sprint(value)
		if id, is := strings.CutPrefix(text, "${"); is {
			id = strings.TrimSuffix(id, "}")
			text = id
			if s.Resources[id].Type == "AWS::SQS::Queue" {
				text = "https://queue/" + id
			}
		}
		set[name] = account.ReplaceAllString(text, "$1")
	}
	return set
}

// Deployed is the deployment that the stack would be. The error has a line for each setting that a function would refuse,
// the function's name before it.
func (s *Stack) Deployed() (settings.Deployed, error) {
	worker, err := settings.FromMap[settings.Worker](s.Variables(Worker))
	_, other := settings.FromMap[settings.Sweeper](s.Variables(Sweeper))
	api, third := settings.FromMap[settings.API](s.Variables(API))
	d := worker.Deployed()
	d.AllowedEmails, d.AllowedDomains = api.AllowedEmails, api.AllowedDomains
	p := s.Parts()
	p.Into(&d)
	s.queues(&d)
	s.table(&d)
	s.environments(&d)
	return d, errors.Join(of("worker", err), of("sweeper", other), of("api", third))
}

// queues takes the queue that the worker is told of, rather than what it is told of it. Nothing is known of another's.
func (s *Stack) queues(d *settings.Deployed) {
	id := s.parcels()
	if id == "" {
		d.DeadLetters, d.MaxReceive, d.DeadLetterRetention = true, leastReceives, d.Retention+1
		return
	}
	queue := s.Resources[id].Properties
	d.Visibility, d.Retention = visibility(queue), retention(queue)
	d.MaxReceive = number(section(queue, "RedrivePolicy")["maxReceiveCount"])
	dead := s.given()
	d.DeadLetters, d.DeadLetterRetention = dead != "", retention(s.Resources[dead].Properties)
}

const (
	// leastReceives is a number of receives that no rule is against.
	leastReceives = 5
	// usualRetention is how long SQS keeps messages when a queue does not say.
	usualRetention = 4 * 24 * time.Hour
)

func retention(queue map[string]any) time.Duration {
	if _, set := queue["MessageRetentionPeriod"]; !set {
		return usualRetention
	}
	return seconds(queue["MessageRetentionPeriod"])
}

// nameLength is what a name or address that AWS makes up is counted with: queues have the longest, about 80 bytes.
const nameLength = 80

// environments takes the size of the largest environment.
func (s *Stack) environments(d *settings.Deployed) {
	for _, function := range []string{Worker, Sweeper, API} {
		variables := map[string]string{}
		for name, value := range section(section(s.Resources[function].Properties, "Environment"), "Variables") {
			text := fmt.Sprint(value)
			if strings.HasPrefix(text, "${") {
				text = strings.Repeat("x", nameLength)
			}
			variables[name] = text
		}
		d.Environment = max(d.Environment, settings.EnvironmentSize(variables))
	}
}

// table takes what guards the table. A restored one is not the stack's, so that nothing is known of it before the doctor has
// looked: it counts as guarded.
func (s *Stack) table(d *settings.Deployed) {
	if s.Variables(Worker)["MB_TABLE"] != "Table" {
		d.Restored, d.TTL, d.PITR, d.DeletionProtection = true, true, true, true
		return
	}
	table := s.Resources["Table"].Properties
	expiry := section(table, "TimeToLiveSpecification")
	d.TTL = isTrue(expiry["Enabled"]) && expiry["AttributeName"] == aws.ToString(dynamostore.TTLInput("").TimeToLiveSpecification.AttributeName)
	d.PITR = isTrue(section(table, "PointInTimeRecoverySpecification")["PointInTimeRecoveryEnabled"])
	d.DeletionProtection = isTrue(table["DeletionProtectionEnabled"])
}

// of puts a function's name before each line of an error.
func of(function string, err error) error {
	if err == nil {
		return nil
	}
	return errors.New(function + ": " + strings.ReplaceAll(err.Error(), "\n", "\n"+function+": "))
}

// number is a property that is one, as a number or as a parameter's text; 0 when it is absent.
func number(value any) int {
	n, _ := strconv.Atoi(fmt.Sprint(value)) // cfn-lint has checked the types; what is none counts as absent
	return n
}

func seconds(value any) time.Duration { return time.Duration(number(value)) * time.Second }

func isTrue(value any) bool { return fmt.Sprint(value) == "true" }

// Typed lists the logical ids of a type, sorted.
func (s *Stack) Typed(kind string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
		if s.Resources[id].Type == kind {
			ids = append(ids, id)
		}
	}
	return ids
}
