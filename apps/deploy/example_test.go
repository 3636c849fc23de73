package deploy_test

import (
	"fmt"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// What a deployment with these parameters would lack, before it is made.
func Example() {
	stack, err := deploy.Embedded().Resolve(map[string]string{
		"Stage": "prod", "Release": "v2-1", "CodeBucket": "releases", "CodePrefix": "v2", "ClaudeKeyParameter": "/marketbrewer/prod/claude-key",
		"AlarmTopic": "arn:aws:sns:us-east-1:111122223333:alarms", "AllowedDomains": "example.com", "WorkerTimeout": "600",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	deployed, err := stack.Deployed()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, problem := range settings.Relations(deployed, settings.Template) {
		fmt.Println(problem)
	}
	// Output:
	// visibility timeout is 30m5s, wanted is at least 1h0m5s, 6 x 10m0s + 5s: raise the queue's visibility timeout: messages would show again while they are worked on
}
