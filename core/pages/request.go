package pages

import "github.com/marketbrewer/marketbrewer/core/job"

// Request is the model call of a try at a page. Its System is the same for all pages of the language.
func (p *Plan) Request(ordinal int, try job.Try) job.Request {
	r, c := p.at(ordinal)
	s := p.sheets[r.language]
	prompt := s.render(r, c, s.correction(try))
	return job.Request{
		Model:      p.input.Model,
		System:     s.system,
		Prompt:     prompt,
		Schema:     []byte(schema),
		MaxTokens:  s.allowed(try),
		InputBound: inputBound(len(s.system) + len(prompt) + len(schema)),
	}
}
