package job_test

import (
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/job"
)

// A job's tasks lie in parcels, its parcels in shards; all of it follows from three numbers.
func ExampleNewLayout() {
	l := job.NewLayout(1300, job.ParcelSize)
	fmt.Println(l.Parcels(), "parcels in", l.Shards, "shards")
	parcel := l.ParcelOf(1234)
	fmt.Println("task 1234 lies in parcel", parcel, "of shard", l.ShardOf(parcel))
	// Output:
	// 52 parcels in 26 shards
	// task 1234 lies in parcel 49 of shard 23
}

// A task moves by the steps of the table alone, and each attempt at it has a number of its own.
func ExampleTask() {
	var task job.Task
	first, _ := task.Start()
	_ = task.Wait(job.ReasonRetry, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	fmt.Println("after attempt", first, "it is", task.State, "with reason", task.Reason)
	second, _ := task.Start()
	_ = task.Complete(second)
	fmt.Println("after attempt", second, "it is", task.State)
	fmt.Println(task.Cancel())
	// Output:
	// after attempt 1 it is waiting with reason retry
	// after attempt 2 it is completed
	// task: completed to cancelled is not an allowed step
}
