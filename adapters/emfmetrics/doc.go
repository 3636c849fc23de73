// Package emfmetrics is a ports.Observer that counts what happens and writes it as metrics, for CloudWatch to take from the log.
//
// A line is one JSON object in the embedded metric format: names and dimensions of metrics under "_aws", values beside it. The
// rules kept here are those of "Specification: Embedded metric format" in the Amazon CloudWatch User Guide
// (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html): at most 100
// metrics in a directive, few dimensions, values that are a number or an array of at most 100 numbers at the root. Values with
// counts, which PutMetricData takes, are no part of that format, so that long distributions are written as quantiles.
//
// Every metric has the dimensions Service and Stage, and at most one more: FaultKind, Model or Alert, each from a short list.
// No tenant, job or page ever becomes one: each would be a metric of its own to pay for. docs/observability.md lists them all.
package emfmetrics
