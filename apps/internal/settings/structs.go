package settings

import "time"

// Shared is what every function is told.
type Shared struct {
	// Stage is which deployment this is: dev, staging or prod. It stands in every log line and metric.
	Stage string `env:"MB_STAGE,required"`
	// Release is which deployment of the program this is, new each time. It stands beside the stage.
	Release string `env:"MB_RELEASE" envDefault:"unknown"`
	// Table is the name of the DynamoDB table that holds everything.
	Table string `env:"MB_TABLE,required"`
	// QueueURL is the address of the SQS queue of parcels.
	QueueURL string `env:"MB_QUEUE_URL,required"`
	// Epoch is the store's epoch. A restore raises it by one, so that whatever was under way before counts no longer.
	Epoch int64 `env:"MB_EPOCH" envDefault:"0"`
	// RequireBudget refuses jobs of tenants without a month budget. False means that no budget is no limit.
	RequireBudget bool `env:"MB_REQUIRE_BUDGET" envDefault:"true"`
	// Prices is a price table (docs/prices.md) that prices new calls instead of the built-in one, which still settles those
	// held before. Empty means the built-in one.
	Prices string `env:"MB_PRICES"`
	// LogLevel is the least severe line that is written: debug, info, warn or error.
	LogLevel string `env:"MB_LOG_LEVEL" envDefault:"info"`
	// FunctionTimeout is the function's own timeout. Lambda tells it to nobody before the first event, so that the template
	// says it again; checks hold the two against each other.
	FunctionTimeout time.Duration `env:"MB_FUNCTION_TIMEOUT,required"`
}

// Claude is where calls go, and by whose key.
type Claude struct {
	// KeyParameter is the full name of the SSM parameter, a SecureString, with the key for Claude: never the key.
	KeyParameter string `env:"MB_CLAUDE_KEY_PARAMETER,required"`
	// BaseURL is called instead of Claude's own address: https, but for an address of this machine, and without a name or a
	// password in it. Empty means Claude.
	BaseURL string `env:"ANTHROPIC_BASE_URL"`
}

// Calls is how model calls are made and settled. Functions on one table must agree in Margin.
type Calls struct {
	// Calls is how many model calls one process has open at once.
	Calls int `env:"MB_CALLS" envDefault:"50"`
	// CallTimeout bounds one model call.
	CallTimeout time.Duration `env:"MB_CALL_TIMEOUT" envDefault:"120s"`
	// Margin is at least the deviation between any two clocks.
	Margin time.Duration `env:"MB_MARGIN" envDefault:"5s"`
	// Lease is how long a parcel is leased. Empty means 2 x MB_CALL_TIMEOUT + 4 x MB_MARGIN.
	Lease time.Duration `env:"MB_LEASE"`
	// FlushResults is how many results are settled together at most.
	FlushResults int `env:"MB_FLUSH_RESULTS" envDefault:"13"`
	// FlushAfter is how long a result waits to be settled together with others.
	FlushAfter time.Duration `env:"MB_FLUSH_AFTER" envDefault:"5s"`
	// FlushBefore is how long before the end of an invocation everything is settled.
	FlushBefore time.Duration `env:"MB_FLUSH_BEFORE" envDefault:"10s"`
	// Reserve is the last part of an invocation, after everything is settled: what is undone is handed back in it.
	Reserve time.Duration `env:"MB_RESERVE" envDefault:"2s"`
}

// Worker is what the worker is told: it takes parcels from the queue and calls the model.
type Worker struct {
	Shared
	Claude
	Calls
	// Visibility is the queue's visibility timeout, which the worker only holds against the others.
	Visibility time.Duration `env:"MB_VISIBILITY,required"`
	// MaxConcurrency is how many invocations take from the queue at once at most; known to this setting for checks alone.
	MaxConcurrency int `env:"MB_MAX_CONCURRENCY,required"`
	// BatchSize is how many parcels one invocation takes from the queue at most; known to this setting for checks alone.
	BatchSize int `env:"MB_BATCH_SIZE,required"`
	// Model is the model that most jobs name. Its price and its limits are checked; a job still names its own.
	Model string `env:"MB_MODEL" envDefault:"claude-haiku-5-5"`
	// QuotaRequests is the account's limit of requests per minute for that model; 0 means not known, which checks complain of.
	// Work does not need it, limits are learnt from answers: it is what MB_MAX_CONCURRENCY x MB_CALLS is held against.
	QuotaRequests int `env:"MB_QUOTA_RPM" envDefault:"0"`
	// QuotaOutput is the account's limit of output tokens per minute for that model; 0 means not known. For checks alone too.
	QuotaOutput int `env:"MB_QUOTA_OTPM" envDefault:"0"`
}

// Sweeper is what the sweeper is told: it puts right what was lost, carries batches, and takes in dead letters.
type Sweeper struct {
	Shared
	Claude
	Calls
	// NoticesQueueURL is the address of the SQS queue that notices of ended and paused jobs are sent to, besides the webhooks. Empty means
	// that they go to webhooks alone.
	NoticesQueueURL NoticesQueueURL `env:"MB_NOTICES_QUEUE_URL"`
}

// NoticesQueueURL is the address of the queue of notices; empty for none. It has a type of its own so that it cannot be taken
// for the queue of parcels.
type NoticesQueueURL string

// API is what the HTTP API is told. It makes no calls and has no key.
type API struct {
	Shared
	// AllowedEmails are the e-mail addresses that may sign in, separated by commas. With MB_ALLOWED_DOMAINS empty too,
	// nobody new may; a user who is known is kept out by being disabled.
	AllowedEmails []string `env:"MB_ALLOWED_EMAILS"`
	// AllowedDomains are the domains whose members may sign in, separated by commas.
	AllowedDomains []string `env:"MB_ALLOWED_DOMAINS"`
	// GoogleClientIDs are the ids of the web clients that people sign in with Google at, separated by commas. Empty means that only tokens
	// come in.
	GoogleClientIDs []string `env:"MB_GOOGLE_CLIENT_IDS"`
	// RateLimit is how many requests one principal may make in a minute, in each process; an address may make five times as many.
	RateLimit int `env:"MB_RATE_LIMIT" envDefault:"120"`
	// Origins are the addresses of web pages that may call the API from a browser, separated by commas: scheme and host.
	Origins []string `env:"MB_ORIGINS"`
}
