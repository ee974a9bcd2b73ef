// Package detection declares what looks for intruders and for what is configured badly: the detector of Amazon GuardDuty, AWS
// Security Hub (CSPM) with its standards, and the way of their findings to somebody.
//
//	detector := detection.Detector{}                     // every protection plan, findings every 15 minutes
//	hub := detection.Hub{}                               // FSBP, CIS 3.0 and NIST SP 800-53
//	urgent := detection.Route{Name: "urgent", Of: detection.GuardDuty, AtLeast: detection.High, To: []events.Target{{ID: "security", ARN: topic}}}
//
// A region has one detector and one hub. Where there is one already, whoever turned it on, the plan says that it is a conflict,
// or with ztcore.Adopt what would change; it never tries to make a second one.
//
//	guide                                             resource
//	5   GuardDuty                                     Detector
//	5   Security Hub with standards                   Hub
//	5   EventBridge routes                            Route
//	11  48 findings that a vendor sends               Hub.Products
//
// Left out: suppression filters (findings are better archived by a route of their own, which leaves a trace), threat lists, the
// export of findings to a bucket, and what an organization's administrator sets for its members.
package detection

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Kinds are the kinds of this package, for ztcore.Prune.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{detectors, hubs, subscriptions, products} }
