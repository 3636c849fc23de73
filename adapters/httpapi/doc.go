// Package httpapi is the HTTP API: everything that the dashboard and other systems need, as one http.Handler that serves
// on a laptop and behind a gateway alike.
//
// Every route is one row with its role, its errors and its schemas; what no row allows is refused. Requests are read strictly and
// answers are checked against their schemas before they leave. Rules of the business are in core/backoffice and core/engine.
// The contract is openapi.json, which is made from the rows.
package httpapi

//go:generate go run ../../apps/internal/openapidoc -out openapi.json
