"""What was learned from labelled links: tables, trees and calibration in one versioned file, and how they are read."""
