package redisstore_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/limiter/redisstore"
)

func ExampleNew() {
	server, err := miniredis.Run() // an app has a Redis or Valkey
	if err != nil {
		panic(err)
	}
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()

	store, err := redisstore.New(rdb, redisstore.WithApp("listings"))
	if err != nil {
		panic(err)
	}
	tr, err := limiter.NewTransport(http.DefaultTransport, limiter.Config{
		Limits: limiter.Limits{limiter.PerSecond(20), limiter.Concurrent(5), limiter.PerDay(250_000)},
		Store:  store,
	})
	if err != nil {
		panic(err)
	}
	defer tr.Close() // closes the store
	fmt.Println(store.Shares().Has(limiter.Concurrency))
	// Output: true
}

func ExampleStore_Check() {
	server, err := miniredis.Run()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()
	store, err := redisstore.New(rdb)
	if err != nil {
		panic(err)
	}
	defer store.Close()
	report, err := store.Check(context.Background())
	fmt.Println(report.Missing, err)
	// Output: [] <nil>
}
