// Package dynamostore keeps records in one DynamoDB table: the store of programs that run on AWS.
//
// It meets ports.Store by strong reads and conditional writes: every write names the version that was read and carries a
// token of its own, so that a repeated write is told from somebody else's. The adapter makes every attempt itself; the
// client's own retries are off for its requests. There is no index and no Scan. How records lie in the table is told in
// docs/store.md.
package dynamostore
