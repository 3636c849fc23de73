package pagehtml_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/marketbrewer/marketbrewer/adapters/pagehtml"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// What a model wrote is shown as text, whatever it is.
func ExampleRenderer_Render() {
	document, err := pagehtml.New().Render(context.Background(), catalog.English, pages.Content{
		Title: "Drains in Salem", H1: "Drains <script>steal()</script>in Salem", Body: "We clean them.\n\nToday.",
	})
	_, body, _ := strings.Cut(document, "<body>\n")
	fmt.Print(body, err)
	// Output:
	// <p class="meta"></p>
	// <h1>Drains in Salem</h1>
	// <p>We clean them.</p>
	// <p>Today.</p>
	// </body></html>
	// <nil>
}
