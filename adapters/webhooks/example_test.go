package webhooks_test

import (
	"fmt"
	"net/http"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
)

// A receiver believes a delivery when it is signed with its secret, byte for byte, and of this time.
func ExampleVerify() {
	header := http.Header{}
	header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	header.Set("webhook-timestamp", "1614265330")
	header.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	body := []byte(`{"test": 2432232314}`)
	now := time.Unix(1614265330, 0).Add(time.Minute)

	fmt.Println(webhooks.Verify("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", header, body, now, 0))
	fmt.Println(webhooks.Verify("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", header, body, now.Add(time.Hour), 0))
	// Output:
	// <nil>
	// webhooks: the delivery is not of this time
}
