package emfmetrics

import (
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// encode is the window as lines, in a buffer that the next call uses again.
func (m *Metrics) encode(t *tally, models []string, now time.Time) []byte {
	l := &m.line
	l.text, l.micros = l.text[:0], l.micros[:0]
	kinds, alarms := used(t, m.kinds.names), alerted(t)
	told := tellable(t, models, now)
	if t.events == 0 && len(told) == 0 {
		return nil
	}
	for i := 0; i < max(1, len(kinds), len(told), len(alarms)); i++ {
		l.begin()
		if i == 0 {
			l.directive(m.options.Namespace, "")
			m.totals(l, t)
		}
		if i < len(kinds) {
			l.directive(m.options.Namespace, "FaultKind")
			l.label("FaultKind", m.kinds.names[kinds[i]])
			for f, name := range failureNames {
				l.count(name, t.failures[f][kinds[i]], false)
			}
		}
		if i < len(told) {
			l.directive(m.options.Namespace, "Model")
			l.label("Model", models[told[i]])
			l.model(&t.models[told[i]], now)
		}
		if i < len(alarms) {
			l.directive(m.options.Namespace, "Alert")
			l.label("Alert", string(alertNames[alarms[i]]))
			l.count("AlertEvents", t.alerts[alarms[i]], true)
		}
		l.end(now, m.options.Service, m.options.Stage)
	}
	return l.text
}

// totals are the metrics without a dimension of their own.
func (m *Metrics) totals(l *line, t *tally) {
	for c, said := range counterNames {
		l.count(said.name, t.counts[c], said.always)
	}
	for s, name := range sumNames {
		total := plus(m.left[s], t.money[s])
		m.left[s] = total % micro
		l.dollars(name, total/micro)
	}
	for d, name := range durationNames {
		l.micros = t.durations[d].values(l.micros[:0], m.options.Values)
		l.milliseconds(name, l.micros)
	}
}

// micro is a millionth of a dollar.
const micro = cost.Dollar / 1_000_000

// used are the kinds of failure that a window has.
func used(t *tally, names []string) (list []int) {
	for i := range names {
		for f := range failures {
			if t.failures[f][i] > 0 {
				list = append(list, i)
				break
			}
		}
	}
	return list
}

// tellable are the models of which there is something to tell.
func tellable(t *tally, names []string, now time.Time) (list []int) {
	for i := range names {
		if _, tell := t.models[i].open(now); tell || t.models[i].measured {
			list = append(list, i)
		}
	}
	return list
}

// alerted are the alerts that a window has.
func alerted(t *tally) (list []int) {
	for i, n := range t.alerts {
		if n > 0 {
			list = append(list, i)
		}
	}
	return list
}

// line builds a line of JSON: the definitions of metrics, and beside them the values that those name.
type line struct {
	text, directives, values []byte
	micros                   []int64
	// some says that the directive has a metric already.
	some bool
}

func (l *line) begin() { l.directives, l.values = l.directives[:0], l.values[:0] }

// directive begins the definitions of metrics with one dimension more than all have, or none.
func (l *line) directive(namespace, dimension string) {
	if len(l.directives) > 0 {
		l.directives = append(l.directives, "]},"...)
	}
	l.directives = append(l.directives, `{"Namespace":"`...)
	l.directives = append(l.directives, namespace...)
	l.directives = append(l.directives, `","Dimensions":[["Service","Stage"`...)
	if dimension != "" {
		l.directives = append(l.directives, `,"`+dimension+`"`...)
	}
	l.directives = append(l.directives, `]],"Metrics":[`...)
	l.some = false
}

// end puts the line together.
func (l *line) end(now time.Time, service, stage string) {
	l.text = append(l.text, `{"_aws":{"Timestamp":`...)
	l.text = strconv.AppendInt(l.text, now.UnixMilli(), 10)
	l.text = append(l.text, `,"CloudWatchMetrics":[`...)
	l.text = append(l.text, l.directives...)
	l.text = append(l.text, `]}]},"Service":"`+service+`","Stage":"`+stage+`"`...)
	l.text = append(l.text, l.values...)
	l.text = append(l.text, "}\n"...)
}

// metric defines one, and names its value.
func (l *line) metric(name, unit string) {
	if l.some {
		l.directives = append(l.directives, ',')
	}
	l.some = true
	l.directives = append(l.directives, `{"Name":"`+name+`"`...)
	if unit != "" {
		l.directives = append(l.directives, `,"Unit":"`+unit+`"`...)
	}
	l.directives = append(l.directives, '}')
	l.values = append(l.values, `,"`+name+`":`...)
}

// label is a dimension's value.
func (l *line) label(dimension, name string) {
	l.values = append(l.values, `,"`+dimension+`":"`+name+`"`...)
}

func (l *line) count(name string, n int64, always bool) {
	if n > 0 || always {
		l.metric(name, "Count")
		l.values = strconv.AppendInt(l.values, n, 10)
	}
}

// dollars writes millionths as a decimal.
func (l *line) dollars(name string, micros cost.Pico) {
	if micros == 0 {
		return
	}
	l.metric(name, "")
	l.decimal(int64(micros), 1_000_000)
}

// milliseconds writes microseconds as an array, each to a tenth below 100 ms and whole above that.
func (l *line) milliseconds(name string, micros []int64) {
	if len(micros) == 0 {
		return
	}
	l.metric(name, "Milliseconds")
	l.values = append(l.values, '[')
	for i, v := range micros {
		if i > 0 {
			l.values = append(l.values, ',')
		}
		if v >= 100_000 {
			l.values = strconv.AppendInt(l.values, v/1000, 10)
		} else {
			l.decimal(v/100, 10)
		}
	}
	l.values = append(l.values, ']')
}

func (l *line) model(m *modelTally, now time.Time) {
	if isOpen, tell := m.open(now); tell {
		l.metric("BreakerOpen", "")
		l.values = append(l.values, '0')
		if isOpen {
			l.values[len(l.values)-1] = '1'
		}
	}
	if m.measured {
		l.metric("QuotaUsed", "Percent")
		l.decimal(int64(m.quota), 10)
	}
}

// decimal writes n / scale, which is a power of ten, without zeros at its end.
func (l *line) decimal(n, scale int64) {
	if n < 0 {
		l.values = append(l.values, '-')
	}
	whole, rest := magnitude(n/scale), magnitude(n%scale)
	l.values = strconv.AppendInt(l.values, whole, 10)
	if rest == 0 {
		return
	}
	l.values = append(l.values, '.')
	for scale /= 10; rest > 0; scale /= 10 {
		l.values = append(l.values, byte('0'+rest/scale))
		rest %= scale
	}
}

func magnitude(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
