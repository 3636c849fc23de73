package ssmsecrets_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// A key is changed in the store while a program runs: it is read again when the old one is refused. The server here stands
// for Systems Manager; a program makes its client from its configuration.
func Example() {
	ctx := context.Background()
	clock := porttest.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	store := &fake{clock: clock, values: map[string]string{nameKey: "old"}}
	server := httptest.NewServer(store)
	defer server.Close()
	client := ssm.New(ssm.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: aws.AnonymousCredentials{},
		HTTPClient: server.Client()})

	secrets := ssmsecrets.New(client, []string{nameKey}, clock, porttest.NewIDs(1), nil)
	secrets.Prefetch(ctx) // comes while the program starts
	key, err := secrets.Get(ctx, nameKey)
	fmt.Println(key, len(key), err)
	store.put(nameKey, "another")
	key, err = secrets.Renewed(ctx, nameKey, key)
	fmt.Println(key, len(key), err)
	_, err = secrets.Get(ctx, "/no/such/name")
	fmt.Println(err)
	// Output:
	// [redacted] 3 <nil>
	// [redacted] 7 <nil>
	// ssmsecrets: "/no/such/name" is none of the names that were given to New
}
