package settings_test

import (
	"fmt"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// A program hands in os.Environ(), and prints every problem at once.
func ExampleLoad() {
	_, err := settings.Load[settings.API]([]string{
		"MB_STAGE=production", "MB_TABLE=marketbrewer", "MB_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/111122223333/parcels",
		"MB_FUNCTION_TIMEOUT=30s", "MB_ALLOWED_EMAILS=everybody",
	})
	fmt.Println(err)
	// Output:
	// MB_STAGE "production" is not known: give one of dev, staging, prod
	// MB_ALLOWED_EMAILS has "everybody", which is no e-mail address: give addresses separated by commas
}
