package claudesim

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim/internal/schema"
)

func (s *Sim) readOutputConfig(q *request, raw json.RawMessage) error {
	config, err := object(raw, "output_config", "effort", "format")
	if err != nil {
		return err
	}
	if config.has("effort") {
		if q.effort, err = oneOf(config["effort"], "output_config.effort", efforts...); err != nil {
			return err
		}
	}
	if !config.has("format") {
		return nil
	}
	const path = "output_config.format"
	format, err := object(config["format"], path, "type", "schema")
	if err != nil {
		return err
	}
	if _, err := oneOf(format["type"], path+".type", "json_schema"); err != nil {
		return err
	}
	if !format.has("schema") {
		return fmt.Errorf("%s.schema: Field required", path)
	}
	q.schemaText = bytes.TrimSpace(format["schema"])
	if q.form, err = s.forms.get(q.schemaText); err != nil {
		return fmt.Errorf("%s.schema: %w", path, err)
	}
	return nil
}

// formCache keeps checked schemas by the hash of their text: a job sends the same one with every page.
type formCache struct {
	mu    sync.Mutex
	forms map[[32]byte]cachedForm
}

type cachedForm struct {
	form *schema.Form
	err  error
}

// mostForms bounds the cache; a client with more different schemas than that pays for checking them again.
const mostForms = 256

func (c *formCache) get(text []byte) (*schema.Form, error) {
	key := sha256.Sum256(text)
	c.mu.Lock()
	cached, ok := c.forms[key]
	c.mu.Unlock()
	if ok {
		return cached.form, cached.err
	}
	form, err := schema.Parse(text)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.forms) >= mostForms || c.forms == nil {
		c.forms = make(map[[32]byte]cachedForm)
	}
	c.forms[key] = cachedForm{form, err}
	return form, err
}
