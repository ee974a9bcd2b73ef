package containment

import "fmt"

// TargetKind is what is contained.
type TargetKind string

const (
	Instance  TargetKind = "instance"   // an EC2 instance: its network, its role's sessions, its disks
	Role      TargetKind = "role"       // an IAM role: its sessions
	AccessKey TargetKind = "access-key" // a long-term access key of an IAM user
	User      TargetKind = "user"       // an IAM user; nothing is done to all of its keys unless a step names them
	Bucket    TargetKind = "bucket"     // an S3 bucket: LockBucket contains it, and Standard leaves it alone
)

// Target is one thing to contain, the same however the alarm named it.
type Target struct {
	Kind    TargetKind `json:"kind"`
	Account string     `json:"account"`          // 12 digits
	Region  string     `json:"region,omitempty"` // of an instance
	ID      string     `json:"id"`               // i-…, the role's or user's ARN, AKIA…, the bucket's name
}

func (t Target) String() string {
	where := t.Account
	if t.Region != "" {
		where += "/" + t.Region
	}
	return fmt.Sprintf("%s %s (%s)", t.Kind, t.ID, where)
}
