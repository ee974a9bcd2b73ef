// Package exposure tells what a world of package fakeaws lets in and lets do: the rules of security groups and network ACLs, routes, what
// identities, trust, bucket, key, topic, secret, endpoint and API policies permit, service control policies, and blocks of public access.
//
// It holds what must be true of every change, at every moment of it (an update grants before it revokes):
//
//	before ∩ wanted ⊆ now ⊆ before ∪ wanted
//
// At no time more is open than was or shall be, and what both allow is never cut off.
//
//	watch := exposure.Watch(cloud)
//	… apply a plan …
//	for _, v := range watch.Violations() { t.Error(v) }
//
// Rules are compared as the packets that they let through and policies as the requests that they allow, not by text: by probes at all
// ends of all port and address ranges, and for all pairings of the principals, actions and resources that the policies name.
//
// What is new in a change is held to less while it is being made: a bucket exists before its policy can, and EC2 makes a group with a
// rule that lets everything out. Of a new bucket, key or topic it is held that nobody gets in to whom identity policies give
// nothing; a new group counts from the moment in which an interface uses it.
package exposure
