//! Brownout: course.
