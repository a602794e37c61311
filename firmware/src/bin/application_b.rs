//! The application, linked to run in slot b.
#![no_std]
#![no_main]

#[path = "../application.rs"]
mod application;
