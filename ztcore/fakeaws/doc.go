// Package fakeaws is an in-memory AWS behind the SDK's real clients.
//
//	cloud := fakeaws.New(fakeec2.Install, fakeiam.Install)   // or all.New()
//	client := ec2.NewFromConfig(cloud.Config())              // the real *ec2.Client
//
// Any program that takes an aws.Config can be tested with it, whether or not it uses the rest of this module. The
// SDK's validators, idempotency tokens, serializers, endpoint rules, signer, retryer, paginators, waiters and typed errors all
// run; only the exchange of bytes is replaced (the step OperationDeserializer of the client's middleware stack).
// What plans baselines of package ztcore asks STS who it is, so it needs fakests as well.
//
// The fakes hold state and are honest about it:
//
//   - an operation that is not faked fails by name, and so does an input member that a handler does not honour
//     (*NotFakedError); COVERAGE.md lists both, service by service;
//   - errors are the SDK's error types or the documented code; what AWS refuses (in use, duplicate, limit, malformed) is refused;
//   - list operations page; defaults that AWS adds are added;
//   - a test can steer them: Inject errors before or after the effect, SetLatency, SetStaleReads, SetPropagation, SetPageSize,
//     Restrict a caller to policies, and look at Calls and Snapshot.
//
// Time is time.Now, so under testing/synctest latency, backoff, propagation and deletion windows cost nothing.
//
// Not covered: the parsing of responses, quotas that depend on the account's history, and rights on single resources. For
// the first, the same suite runs on a real wire (see CONTRIBUTING.md).
package fakeaws
