// Package redisstore shares limits over Redis or Valkey.
package redisstore
