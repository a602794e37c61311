//! The application, linked to run in slot a.
#![no_std]
#![no_main]

#[path = "../application.rs"]
mod application;
