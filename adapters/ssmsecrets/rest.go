package ssmsecrets

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// firstWait is the longest wait before the first repetition; each further one doubles it, up to longestWait. A thousand
	// processes that start at once are 25 seconds of the store's 40 requests a second, so the waits soon become long.
	firstWait   = 200 * time.Millisecond
	longestWait = 5 * time.Second
)

// once turns the client's own retries off: what is tried again, and until when, is decided here alone.
func once(o *ssm.Options) { o.Retryer = aws.NopRetryer{} }

// rest waits before the n-th repetition, up to all of the wait: the more they are spread, the sooner a storm is over. It
// says false when the deadlines of all who wait would have passed by then, or nobody waits.
func (s *Secrets) rest(ctx context.Context, f *flight, n int, failed *fault.Error) bool {
	wait := min(firstWait<<min(n, 10), longestWait)
	wait = wait/4 + time.Duration(s.ids.Jitter()*float64(wait*3/4))
	until := s.clock.Now().Add(wait)
	s.mu.Lock()
	late := !f.endless && !until.Before(f.until)
	s.mu.Unlock()
	if late {
		return false
	}
	s.observe(ctx, ports.Event{Name: ports.EventFault, Count: n + 1, Duration: wait,
		Fault: string(failed.Kind), Detail: failed.Message})
	return s.clock.Sleep(ctx, until) == nil
}
