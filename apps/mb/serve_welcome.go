package main

import (
	_ "embed" // the sample business
	"fmt"

	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// sampleBusiness is what --sample adds.
//
//go:embed samples/harbor-plumbing.yaml
var sampleBusiness []byte

// introduce says where the house is, and to whoever comes for the first time what to do next. What programs read is on stdout.
func (s *serve) introduce(h *house, p *provider) error {
	ctx := s.stop.hard
	known, err := principals(ctx, h.Office)
	if err != nil {
		return err
	}
	if err := printed(fmt.Fprintf(s.stdout, "listening on %s\n", h.url())); err != nil {
		return err
	}
	s.note("provider  %s", p.about)
	if s.sample {
		if err := s.addSample(h); err != nil {
			return err
		}
	}
	if s.signIn && !s.at.local {
		return invalid("--sign-in is for local mode, on an address of this machine alone: sign in with Google, or come with a token")
	}
	if s.at.local && (s.signIn || len(known) == 0) {
		code, err := h.Office.NewCode(ctx)
		if err != nil {
			return err
		}
		if err := printed(fmt.Fprintf(s.stdout, "sign in (once, within ten minutes): %s/api/session/once?code=%s\n", h.url(), string(code))); err != nil {
			return err
		}
	}
	if len(known) == 0 {
		s.note("next      open the link in a browser, or stop this and make a token for programs: mb tokens create --name NAME --role admin%s", s.store.words())
		s.note("          mb --server %s jobs list --business ID   runs a command with the token in MB_TOKEN; docs/serve.md has the rest", h.url())
	}
	if !s.at.local && !ownHost(hostOf(s.at.listen)) {
		s.note("note      others can reach this address, and what they send is not encrypted: put something that speaks https before it")
	}
	return nil
}

// addSample adds the sample business unless it is there.
func (s *serve) addSample(h *house) error {
	c, err := catalogfile.Parse("harbor-plumbing.yaml", sampleBusiness)
	if err != nil {
		return fault.New(fault.Internal, "the sample cannot be read: %w", err)
	}
	id, added, err := office.Add(s.stop.hard, h.Office, keeper(h.Office.IDs.NewID()), c)
	if err != nil {
		return err
	}
	word := "is there already"
	if added {
		word = "was added"
	}
	s.note("sample    %s %s, its id is %s", c.Business.Name, word, id)
	return nil
}
