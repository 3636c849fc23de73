package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// check makes errors ours, and refuses to send what breaks the contract.
func (a *API) check(req *http.Request, c *call, held *answer) {
	if held.checked || held.sent {
		return
	}
	held.checked = true
	if held.status >= 400 && c.problem == nil && held.header.Get("Content-Type") == problemType {
		var own Problem
		if json.Unmarshal(held.buffer.Bytes(), &own) != nil || own.Code == "" {
			c.problem = foreign(held.status, held.buffer.Bytes())
		} else {
			c.problem = &own
		}
	}
	if c.problem != nil {
		c.problem.fill(c.path, c.RequestID)
		held.problem(c.problem)
	}
	if err := a.conforms(c.route, held); err != nil {
		a.observe.Observe(req.Context(), ports.Event{
			Name: ports.EventFault, At: a.clock.Now(), RequestID: c.RequestID, Fault: string(fault.Internal), Detail: "an answer of " + c.route.id + " breaks the contract: " + err.Error(),
		})
		c.problem = problemOf(fault.Internal)
		c.problem.fill(c.path, c.RequestID)
		held.problem(c.problem)
	}
}

// conforms compares an answer with its schema. The error names places, and no values.
func (a *API) conforms(r route, held *answer) error {
	op := a.operation(r)
	status := held.status
	if status == 0 {
		status = r.status
	}
	response, known := op.Responses[strconv.Itoa(status)]
	if !known {
		return errors.New("status " + strconv.Itoa(status) + " is not described")
	}
	kind, _, _ := strings.Cut(held.header.Get("Content-Type"), ";")
	media, known := response.Content[kind]
	if held.buffer.Len() == 0 && len(response.Content) == 0 {
		return nil
	}
	if !known {
		return errors.New("content type is not described")
	}
	if media.Schema == nil || kind != jsonType && kind != problemType {
		return nil
	}
	key := a.right.key(r.id, status, held.buffer.Bytes())
	if a.right.has(key) {
		return nil
	}
	if err := a.matches(media.Schema, held.buffer.Bytes()); err != nil {
		return err
	}
	a.right.add(key)
	return nil
}

// matches compares a body with a schema.
func (a *API) matches(schema *huma.Schema, body []byte) error {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return errors.New("not JSON")
	}
	var res huma.ValidateResult
	huma.Validate(a.huma.OpenAPI().Components.Schemas, schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &res)
	if len(res.Errors) == 0 {
		return nil
	}
	var detail *huma.ErrorDetail
	if errors.As(res.Errors[0], &detail) {
		return errors.New(detail.Location + ": " + detail.Message)
	}
	return errors.New("it does not match")
}
