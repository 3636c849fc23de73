//go:build services

package apitest_test

import (
	"context"
	"flag"
	"os"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
)

// dynamoKeys is fewer where the whole of the suites has little time.
var dynamoKeys = flag.Int("apitest.keys", 200, "how many keys to create with on DynamoDB Local")

func TestOneKeyIsOneJobOnDynamoDB(t *testing.T) {
	t.Parallel()
	url := os.Getenv("MB_TEST_DYNAMODB")
	if url == "" {
		t.Fatal("MB_TEST_DYNAMODB is not set: start the services and set it to the address of DynamoDB Local")
	}
	client := dynamodb.New(dynamodb.Options{BaseEndpoint: &url, Region: "us-east-1", Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("test", "test", ""))})
	table := "creates-" + strconv.Itoa(os.Getpid())
	_, err := client.CreateTable(t.Context(), dynamostore.TableInput(table))
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &table}) })
	store, err := dynamostore.New(client, table, sysclock.Clock{}, sysclock.NewIDs(), nil)
	require.NoError(t, err)
	creates(t, store, *dynamoKeys, 100)
}
