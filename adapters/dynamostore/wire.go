package dynamostore

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// owned switches the client's own retries off for one request: an attempt that the adapter does not know of could write
// twice and be taken for somebody else's. It also refuses answers without a body, which the client takes for empty ones.
func owned(o *dynamodb.Options) {
	o.Retryer = aws.NopRetryer{}
	o.RetryMaxAttempts = 1
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("Dynamostore:SomeBody", someBody), middleware.After)
	})
}

// errNoBody is what an answer comes to that says that all is well, and nothing else. DynamoDB's have a body: at least {}.
var errNoBody = errors.New("an answer without a body")

func someBody(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || response.StatusCode >= 300 {
		return out, metadata, err
	}
	body := bufio.NewReaderSize(response.Body, 16)
	if _, first := body.Peek(1); errors.Is(first, io.EOF) {
		_ = response.Body.Close() // there is nothing in it
		return out, metadata, errNoBody
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{body, response.Body}
	return out, metadata, nil
}

// sameBytes sends every attempt of a request as it sent the first one: the client writes maps in any order.
type sameBytes struct{ first []byte }

func (b *sameBytes) option(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Build.Add(middleware.BuildMiddlewareFunc("Dynamostore:SameBytes", b.build), middleware.Before)
	})
}

func (b *sameBytes) build(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (
	middleware.BuildOutput, middleware.Metadata, error,
) {
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return next.HandleBuild(ctx, in)
	}
	if b.first == nil {
		sent, err := io.ReadAll(request.GetStream())
		if err != nil {
			return middleware.BuildOutput{}, middleware.Metadata{}, err
		}
		b.first = sent
	}
	same, err := request.SetStream(bytes.NewReader(b.first))
	if err != nil {
		return middleware.BuildOutput{}, middleware.Metadata{}, err
	}
	in.Request = same
	return next.HandleBuild(ctx, in)
}
