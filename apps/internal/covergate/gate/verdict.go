package gate

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/internal/covergate/measure"
)

// worstShown is how many functions of a breach are named: enough to begin, few enough to read.
const worstShown = 8

// Row is one line of the table: a folder, a layer or the whole.
type Row struct {
	Name string
	measure.Counts
}

// Breach is one threshold that was missed.
type Breach struct {
	// Scope is "total", a layer's path or a folder.
	Scope string
	// Metric is "statements", "branches" or "functions".
	Metric string
	Got    measure.Count
	// Want is the threshold in percent.
	Want float64
	// Worst are the functions of the scope that miss most of the metric, worst first.
	Worst []measure.Function
}

// Needed is how many more must run to reach the threshold.
func (b Breach) Needed() int {
	return int(math.Ceil(b.Want*float64(b.Got.All)/100)) - b.Got.Run
}

// Verdict is the outcome.
type Verdict struct {
	Folders, Layers []Row
	Total           Row
	Breaches        []Breach
}

// Judge adds the files up and holds them against the thresholds. A layer without any file is an error: its path is wrong,
// or everything in it was left out, and its threshold would hold nothing.
func Judge(config *Config, files []measure.File) (*Verdict, error) {
	if len(files) == 0 {
		return nil, fmt.Errorf("nothing to judge: every file was left out")
	}
	v := &Verdict{Total: Row{Name: "total"}}
	byFolder := map[string][]measure.File{}
	for _, file := range files {
		folder := path.Dir(file.Path)
		byFolder[folder] = append(byFolder[folder], file)
	}
	v.Total = v.judge("total", files, config.total())
	for _, layer := range config.Layers {
		within := filesIn(layer.Path, files)
		if len(within) == 0 {
			return nil, fmt.Errorf("layer %s: no measured file lies in it: correct its path or the exclusions", layer.Path)
		}
		v.Layers = append(v.Layers, v.judge(layer.Path, within, layer.Numbers))
	}
	folders := make([]string, 0, len(byFolder))
	for folder := range byFolder {
		folders = append(folders, folder)
	}
	slices.Sort(folders)
	for _, folder := range folders {
		v.Folders = append(v.Folders, v.judge(folder, byFolder[folder], config.Folders))
	}
	return v, nil
}

// total is what the whole must reach: the total's numbers, else the floor's.
func (c *Config) total() Numbers {
	return Numbers{
		Statements: cmp.Or(c.Total.Statements, c.Floor.Statements),
		Branches:   cmp.Or(c.Total.Branches, c.Floor.Branches),
		Functions:  cmp.Or(c.Total.Functions, c.Floor.Functions),
	}
}

func filesIn(folder string, files []measure.File) []measure.File {
	var within []measure.File
	for _, file := range files {
		if strings.HasPrefix(file.Path, folder+"/") {
			within = append(within, file)
		}
	}
	return within
}

// judge adds up one scope and notes its breaches.
func (v *Verdict) judge(scope string, files []measure.File, limits Numbers) Row {
	row := Row{Name: scope}
	for _, file := range files {
		row.Add(file.Counts)
	}
	for _, m := range metrics {
		limit, got := m.threshold(limits), m.count(row.Counts)
		if limit == nil || 100*float64(got.Run) >= *limit*float64(got.All) {
			continue
		}
		v.Breaches = append(v.Breaches, Breach{
			Scope: scope, Metric: m.name, Got: got, Want: *limit, Worst: worst(files, m),
		})
	}
	return row
}

// worst ranks functions by what they miss of one metric; statements break ties.
func worst(files []measure.File, m metric) []measure.Function {
	var missing []measure.Function
	for _, file := range files {
		for _, function := range file.Functions {
			if m.count(function.Counts).Missed() > 0 {
				missing = append(missing, function)
			}
		}
	}
	slices.SortStableFunc(missing, func(a, b measure.Function) int {
		return cmp.Or(
			cmp.Compare(m.count(b.Counts).Missed(), m.count(a.Counts).Missed()),
			cmp.Compare(b.Statements.Missed(), a.Statements.Missed()),
		)
	})
	return missing[:min(worstShown, len(missing))]
}
