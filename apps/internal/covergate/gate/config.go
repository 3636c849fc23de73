// Package gate holds measured coverage against the thresholds of a file and says where it falls short.
//
// It reads no source and no profile: package measure does. It decides nothing about exits either: a Verdict lists the
// breaches, the program around it turns them into an exit status.
package gate

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Config is the threshold file. Unknown fields are refused.
type Config struct {
	// Floor is what the whole must never fall below; all three numbers are needed. No threshold in Total may be lower.
	Floor Numbers `yaml:"floor"`
	// Total is what the whole must reach; a number that is missing falls back to the floor's.
	Total Numbers `yaml:"total"`
	// Folders is what every single folder must reach on its own.
	Folders Numbers `yaml:"folders"`
	// Layers are thresholds for a folder and all below it, taken together.
	Layers []Layer `yaml:"layers"`
	// Exclude names what is not measured, and why.
	Exclude []Exclusion `yaml:"exclude"`
}

// Numbers are thresholds in percent, 0 to 100; nil sets none.
type Numbers struct {
	Statements *float64 `yaml:"statements"`
	Branches   *float64 `yaml:"branches"`
	Functions  *float64 `yaml:"functions"`
}

// Layer is a part of the tree with thresholds of its own.
type Layer struct {
	// Path is a folder from the module's root, as core or adapters/boltstore.
	Path    string `yaml:"path"`
	Numbers `yaml:",inline"`
}

// Exclusion leaves files out: either those of a path pattern, or all that carry a generator's mark.
type Exclusion struct {
	// Path is a pattern over the whole path: * stands for part of one name, ** for any number of folders.
	Path string `yaml:"path"`
	// Generated, instead of a path, means every file with a "Code generated ... DO NOT EDIT." line.
	Generated bool `yaml:"generated"`
	// Reason says why nothing is lost by it. It is needed.
	Reason string `yaml:"reason"`
}

// ReadConfig reads and checks a threshold file. Its errors name the entry and what to change.
func ReadConfig(r io.Reader) (*Config, error) {
	decoder := yaml.NewDecoder(r)
	decoder.KnownFields(true)
	var config Config
	if err := decoder.Decode(&config); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the file is empty: it needs a floor at least")
		}
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file holds more than one document: keep one")
	}
	return &config, config.validate()
}

func (c *Config) validate() error {
	return errors.Join(c.validateTotal(), c.Folders.validate("folders"), c.validateLayers(), c.validateExclude())
}

func (c *Config) validateTotal() error {
	if err := errors.Join(c.Floor.validate("floor"), c.Total.validate("total")); err != nil {
		return err
	}
	var errs []error
	for _, m := range metrics {
		floor, total := m.threshold(c.Floor), m.threshold(c.Total)
		switch {
		case floor == nil:
			errs = append(errs, fmt.Errorf("floor.%s is missing", m.name))
		case total != nil && *total < *floor:
			errs = append(errs, fmt.Errorf("total.%s %g lies below the floor of %g", m.name, *total, *floor))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) validateLayers() error {
	seen := map[string]bool{}
	var errs []error
	for i, layer := range c.Layers {
		where := fmt.Sprintf("layers[%d]", i)
		switch {
		case !isFolder(layer.Path):
			errs = append(errs, fmt.Errorf("%s: path %q is not a folder from the module's root, as core/cost", where, layer.Path))
		case seen[layer.Path]:
			errs = append(errs, fmt.Errorf("%s: path %q stands twice", where, layer.Path))
		case layer.Numbers == Numbers{}:
			errs = append(errs, fmt.Errorf("%s: %s sets no threshold", where, layer.Path))
		}
		seen[layer.Path] = true
		errs = append(errs, layer.validate(where))
	}
	return errors.Join(errs...)
}

func isFolder(name string) bool {
	return name != "" && name == path.Clean(name) && name != "." && name[0] != '/' && !strings.HasPrefix(name, "..")
}

func (c *Config) validateExclude() error {
	var errs []error
	for i, exclusion := range c.Exclude {
		where := fmt.Sprintf("exclude[%d]", i)
		if (exclusion.Path == "") != exclusion.Generated {
			errs = append(errs, fmt.Errorf("%s: needs either a path or generated: true", where))
		}
		if _, err := path.Match(exclusion.Path, ""); err != nil {
			errs = append(errs, fmt.Errorf("%s: path %q is not a pattern", where, exclusion.Path))
		}
		if strings.TrimSpace(exclusion.Reason) == "" {
			errs = append(errs, fmt.Errorf("%s: needs a reason", where))
		}
	}
	return errors.Join(errs...)
}

func (n Numbers) validate(where string) error {
	var errs []error
	for _, m := range metrics {
		limit := m.threshold(n)
		if limit != nil && (math.IsNaN(*limit) || *limit < 0 || *limit > 100) {
			errs = append(errs, fmt.Errorf("%s.%s %g is not a percentage from 0 to 100", where, m.name, *limit))
		}
	}
	return errors.Join(errs...)
}
