package main

import (
	_ "embed" // the page
	"html/template"
	"net/http"
)

// frontPage is what a person sees who has followed the link that signs in. It has no script, no style and no data.
//
//go:embed serve_front.html
var frontPage string

// front answers GET /.
func front() func(w http.ResponseWriter, r *http.Request, signedIn bool) {
	page := template.Must(template.New("front").Parse(frontPage))
	return func(w http.ResponseWriter, _ *http.Request, signedIn bool) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, struct {
			SignedIn bool
			Version  string
		}{signedIn, version}) // whoever has gone does not read it
	}
}
