package logobserver

import (
	"log/slog"

	"github.com/marketbrewer/marketbrewer/ports"
)

// subject is what an event is about; a later one includes the earlier ones.
type subject int

const (
	aJob subject = iota
	aParcel
	aTask
)

// style is how events of a name are written.
type style struct {
	level slog.Level
	about subject
}

// styles has every event of the port. The life of a job reads at Info without its thousands of tasks.
var styles = map[ports.EventName]style{
	ports.EventJobSubmitted:    {slog.LevelInfo, aJob},
	ports.EventJobStarted:      {slog.LevelInfo, aJob},
	ports.EventJobPaused:       {slog.LevelInfo, aJob},
	ports.EventJobResumed:      {slog.LevelInfo, aJob},
	ports.EventJobEnded:        {slog.LevelInfo, aJob},
	ports.EventJobRetried:      {slog.LevelInfo, aJob},
	ports.EventLeased:          {slog.LevelDebug, aParcel},
	ports.EventTakenOver:       {slog.LevelWarn, aParcel},
	ports.EventCall:            {slog.LevelDebug, aTask},
	ports.EventTaskEnded:       {slog.LevelDebug, aTask},
	ports.EventReconciled:      {slog.LevelInfo, aTask},
	ports.EventJobLost:         {slog.LevelError, aTask},
	ports.EventPlanDiffers:     {slog.LevelError, aJob},
	ports.EventOverrun:         {slog.LevelError, aTask},
	ports.EventUsageAbsurd:     {slog.LevelError, aTask},
	ports.EventCorrupt:         {slog.LevelError, aJob},
	ports.EventProviderStopped: {slog.LevelError, aJob},
	ports.EventBreakerOpened:   {slog.LevelError, aJob},
	ports.EventBreakerClosed:   {slog.LevelInfo, aJob},
	ports.EventBatchSent:       {slog.LevelInfo, aJob},
	ports.EventBatchApplied:    {slog.LevelInfo, aJob},
	ports.EventDeadLetter:      {slog.LevelError, aParcel},
	ports.EventFault:           {slog.LevelWarn, aJob},
	ports.EventStoreUsed:       {slog.LevelDebug, aJob},
	ports.EventMessageReceived: {slog.LevelDebug, aJob},
	ports.EventMessageReturned: {slog.LevelDebug, aJob},
	ports.EventMoney:           {slog.LevelDebug, aJob},
	ports.EventQuota:           {slog.LevelDebug, aJob},
	ports.EventRequest:         {slog.LevelInfo, aJob},
	ports.EventWebhookFailed:   {slog.LevelError, aJob},
}

// ourFault is the first status of an answer that is not the caller's doing.
const ourFault = 500

// styleOf is the style of an event; those that are not known here are written at Info.
func styleOf(event ports.Event) style {
	s := styles[event.Name]
	if event.Name == ports.EventRequest && event.Count >= ourFault {
		s.level = slog.LevelError
	}
	return s
}
