// Package dynamofake answers as DynamoDB does over HTTP, for tests: the operations and expressions that dynamostore sends,
// no others.
//
// It is faithful in what a store depends on: conditions with the old item, transactions with their reasons, units of
// capacity, limits of size, pages of 1 MB, unprocessed keys. What cannot be brought about on the real service at will can
// be injected: throttling, errors, conflicts of transactions, connections that are lost before or after the work was done.
package dynamofake
